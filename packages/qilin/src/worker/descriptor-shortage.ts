/** Tells of connections that wait since this process may open no more descriptors: when that begins and when it is over, not for each. */
import type { Log } from '../contract/log.ts';
import type { Milliseconds } from '../contract/units.ts';
import { Episode } from '../observe/episode.ts';

const CALM: Milliseconds = 10_000;

/**
 * @param open How many connections are open.
 * @returns To be called with the system's code each time that accepting fails.
 */
export function tellsOfShortage(
  log: Pick<Log, 'warning' | 'info'>,
  open: () => number,
  calm: Milliseconds = CALM,
): (code: string) => void {
  let latest = '';
  const episode = new Episode(
    calm,
    () => log.warning(`No descriptor for another connection (${latest}): ${open()} are open, it waits`),
    (times, lasted) =>
      log.info(
        `Descriptors suffice again: connections had to wait for one ${times} times in ${(lasted / 1_000).toFixed(1)} s`,
      ),
  );
  return (code) => {
    latest = code;
    episode.happens();
  };
}
