/** Setting `envFile`: variables for the workers from a file, as Node's own `--env-file` reads it. */
import { readFileSync } from 'node:fs';
import util from 'node:util';
import { QilinError, reasonOf } from '../contract/errors.ts';

type Variables = Readonly<Record<string, string>>;

/**
 * What the file adds to an environment, which counts more.
 * @param origin Of the setting, for the error.
 * @throws QilinError SETTING_INVALID
 */
export function readEnvFile(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  origin: string,
): Variables {
  // By name it could not be imported before Node 20.12, which has it.
  if (util.parseEnv === undefined)
    throw new QilinError('SETTING_INVALID', `${origin}: envFile needs Node 20.12 or later.`);
  try {
    const found = Object.entries(util.parseEnv(readFileSync(path, 'utf8')));
    return Object.fromEntries(
      found.flatMap(([name, value]) => (env[name] === undefined && value !== undefined ? [[name, value]] : [])),
    );
  } catch (error) {
    const sentence = `${origin}: envFile must be a file that can be read (got ${JSON.stringify(path)}: ${reasonOf(error)}).`;
    throw new QilinError('SETTING_INVALID', sentence);
  }
}
