/** How soon this process has a CPU where others keep all of them busy. */
import { addon } from './addon.ts';

/**
 * For a process that mostly sleeps, and should be there at once when it wakes: its turns on a CPU become as short as Linux (6.12 and
 * later) allows, and therefore come first. It has no more of the CPU than before, and what it starts has turns as usual.
 * @returns false where the system knows no such thing, or where the process has been given a priority, which is left as it is
 */
export const shortenTimeSlice = (): boolean => addon().shortenTimeSlice();
