/**
 * The worker's sign of life. Each beat tells the arbiter, and sets an alarm in the kernel some time beyond `timeout`: a worker
 * whose event loop hangs is ended by its arbiter, and by the kernel when the arbiter has gone meanwhile.
 */
import { setAlarm } from '@qilin/picoev';
import { type Milliseconds, type Seconds, toMilliseconds } from '../contract/units.ts';

const LONGEST: Milliseconds = 1_000;

/** What the arbiter may need beyond `timeout`; with one alive, the alarm never goes off. */
const GRACE: Seconds = 5;
const ALARM_LONGEST: Seconds = 86_400;

/** Beats from now on, for as long as the process lives. A `timeout` of 0 sets no alarm. */
export function startHeartbeat(timeout: Seconds, beat: () => void): void {
  const interval = timeout === 0 ? LONGEST : Math.min(LONGEST, toMilliseconds(timeout) / 3);
  const alarm = timeout === 0 ? 0 : Math.min(Math.ceil(timeout) + GRACE, ALARM_LONGEST);
  setAlarm(alarm);
  setInterval(() => {
    setAlarm(alarm);
    beat();
  }, interval).unref();
}
