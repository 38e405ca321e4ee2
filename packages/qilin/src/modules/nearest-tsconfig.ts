/** The tsconfig.json that holds for a file, as editors and `tsc` find it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @returns its path, of the folder or of the nearest one above; undefined where none has one */
export function nearestTsconfig(folder: string): string | undefined {
  const config = join(folder, 'tsconfig.json');
  if (existsSync(config)) return config;
  return dirname(folder) === folder ? undefined : nearestTsconfig(dirname(folder));
}
