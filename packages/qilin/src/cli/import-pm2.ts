/** `qilin --import-pm2 FILE`: prints what a config file of Qilin says in the place of PM2's. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { QilinError, reasonOf } from '../contract/errors.ts';
import { importPm2 } from '../settings/import-pm2.ts';

export const IMPORT_PM2 = '--import-pm2';

/**
 * The text of the file, or of the files one after the other. The ecosystem file is a program, and is run.
 * @throws QilinError USAGE, CONFIG_FILE
 */
export async function textOfPm2(cwd: string, args: readonly string[]): Promise<string> {
  const [file, ...others] = args;
  if (file === undefined || others.length > 0)
    throw new QilinError(
      'USAGE',
      `${IMPORT_PM2} needs one file of PM2, such as ecosystem.config.js, and nothing else.`,
    );
  const imported = importPm2(await contentOf(resolve(cwd, file), file), file);
  if (imported === undefined)
    throw new QilinError(
      'CONFIG_FILE',
      `${file} is no ecosystem file of PM2: it must export { apps: [{ script: … }] }.`,
    );
  const [first] = imported;
  if (first !== undefined && imported.length === 1) return first.text;
  const head = `// ${imported.length} apps are ${imported.length} servers, each with a file and a service of its own: cut here.\n`;
  return `${head}\n${imported.map(({ text }) => text).join('\n')}`;
}

async function contentOf(path: string, file: string): Promise<unknown> {
  if (/\.ya?ml$/.test(path))
    throw new QilinError('CONFIG_FILE', `${file} is YAML: write it as JSON first, as ecosystem.config.json.`);
  if (!existsSync(path)) throw new QilinError('CONFIG_FILE', `${file} does not exist (looked for as ${path}).`);
  try {
    if (path.endsWith('.json')) return JSON.parse(readFileSync(path, 'utf8'));
    const found: { readonly default?: unknown } = await import(pathToFileURL(path).href);
    return found.default ?? found;
  } catch (error) {
    throw new QilinError('CONFIG_FILE', `${file} cannot be read: ${reasonOf(error)}`);
  }
}
