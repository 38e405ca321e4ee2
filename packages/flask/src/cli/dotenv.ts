/**
 * Variables of the environment from files, as Flask's `load_dotenv` takes them: `.flaskenv`, then `.env`, then the file that
 * `--env-file` names, the last of them first in rank. What the environment has already stays.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { UsageError } from '../commands/usage-error.ts';

const DEFAULTS = ['.flaskenv', '.env'];

/**
 * @param folder Where the files are looked for: here, else in the nearest folder above
 * @param named The file of `--env-file` @throws UsageError when there is none
 */
export function loadDotenv(folder: string, env: NodeJS.ProcessEnv, named?: string): void {
  const skips = ['1', 'true', 'yes'].includes(env['FLASK_SKIP_DOTENV']?.toLowerCase() ?? '');
  const files = skips ? [] : DEFAULTS.map((name) => nearest(name, folder)).filter((file) => file !== undefined);
  if (named !== undefined) {
    const file = resolve(folder, named);
    if (!isFile(file)) throw new UsageError(`There is no file ${file}, which --env-file names.`);
    files.push(file);
  }
  const found = Object.assign({}, ...files.map((file) => parseEnv(readFileSync(file, 'utf8'))));
  for (const [name, value] of Object.entries<string>(found)) env[name] ??= value;
}

function nearest(name: string, folder: string): string | undefined {
  const file = join(folder, name);
  if (isFile(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : nearest(name, above);
}

/** A FIFO is one too, by which a secret may come; a folder is none. */
function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false;
  }
}
