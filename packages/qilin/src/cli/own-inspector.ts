/**
 * What Node was told of an inspector, by NODE_OPTIONS or on its own command line: it is meant for the app. So the arbiter closes
 * its own, and it becomes a setting.
 */
import { createRequire } from 'node:module';
import { splitWords } from '../settings/argv.ts';

/** Loaded when it is needed. */
const inspector = (): typeof import('node:inspector') => createRequire(import.meta.url)('node:inspector');

/** The flags of `qilin` that say the same, in the place of what this process has opened. */
export function handOverInspector(env: NodeJS.ProcessEnv, execArgv: readonly string[]): readonly string[] {
  const words = [...(splitWords(env['NODE_OPTIONS'] ?? '') ?? []), ...execArgv];
  const flags = words.flatMap((word) => {
    const found = /^--inspect(?<pause>-brk|-wait)?(?:=(?<address>.+))?$/.exec(word)?.groups;
    if (found === undefined) return [];
    return [`--inspect${found['pause'] === undefined ? '' : '-brk'}=${found['address'] ?? process.debugPort}`];
  });
  if (flags.length > 0 && inspector().url() !== undefined) inspector().close();
  return flags;
}
