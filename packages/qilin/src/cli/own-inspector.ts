/**
 * What Node was told of an inspector, by NODE_OPTIONS or on its own command line: it is meant for the app. So the arbiter closes
 * its own, and it becomes a setting.
 */
import inspector from 'node:inspector';
import { splitWords } from '../settings/argv.ts';

/** The flags of `qilin` that say the same, in the place of what this process has opened. */
export function handOverInspector(env: NodeJS.ProcessEnv, execArgv: readonly string[]): readonly string[] {
  if (inspector.url() !== undefined) inspector.close();
  const words = [...(splitWords(env['NODE_OPTIONS'] ?? '') ?? []), ...execArgv];
  return words.flatMap((word) => {
    const found = /^--inspect(?<pause>-brk|-wait)?(?:=(?<address>.+))?$/.exec(word)?.groups;
    if (found === undefined) return [];
    return [`--inspect${found['pause'] === undefined ? '' : '-brk'}=${found['address'] ?? process.debugPort}`];
  });
}
