/** Loads what gives files, where any are to be given: the table of media types alone takes 20 ms. */
import type { Log } from '../../contract/log.ts';
import type { StaticSettings } from '../../contract/worker-config.ts';
import type { StaticFiles } from './static-files.ts';

/**
 * @param log Told of a file that cannot be read to its end.
 * @throws {QilinError} SETTING_INVALID for a folder that is not there.
 */
export async function loadFiles(settings: StaticSettings, log: Log): Promise<StaticFiles | undefined> {
  if (Object.keys(settings.static).length === 0) return undefined;
  const { StaticFiles } = await import('./static-files.ts');
  return new StaticFiles(settings, log);
}
