import { hasCode } from '../contract/errors.ts';

/** Whether there is such a process: one of another user's (EPERM) counts too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
