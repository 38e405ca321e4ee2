/** The processes of the machine, or of the container. */
import { readdirSync } from 'node:fs';

/** Their pids, in ascending order. Empty where there is no /proc, as on macOS. */
export function processes(): number[] {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map(Number).sort((a, b) => a - b);
  } catch {
    // No /proc: see above.
    return [];
  }
}
