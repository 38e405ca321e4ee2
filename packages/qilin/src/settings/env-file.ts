/** Setting `envFile`: variables for the workers from a file, as Node's own `--env-file` reads it. */
import { readFileSync } from 'node:fs';
import { QilinError, reasonOf } from '../contract/errors.ts';
import { parseEnv } from '../contract/node-util.ts';

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
  if (parseEnv === undefined) throw new QilinError('SETTING_INVALID', `${origin}: envFile needs Node 20.12 or later.`);
  try {
    const found = Object.entries(parseEnv(readFileSync(path, 'utf8')));
    return Object.fromEntries(
      found.flatMap(([name, value]) => (env[name] === undefined && value !== undefined ? [[name, value]] : [])),
    );
  } catch (error) {
    const sentence = `${origin}: envFile must be a file that can be read (got ${JSON.stringify(path)}: ${reasonOf(error)}).`;
    throw new QilinError('SETTING_INVALID', sentence);
  }
}
