/** Times of a log line in local time, each made once a second. */
import type { Milliseconds } from '../contract/units.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');

/** Offset of local time from UTC: `+0000`, `-0330`. */
function formatOffset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

const formatClock = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

/** `[2026-11-23 09:10:54 +0000]`, Gunicorn's error log. */
export function formatLogTime(date: Date): string {
  return `[${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(date)} ${formatOffset(date)}]`;
}

/** `[23/Nov/2026:09:10:54 +0000]`, Apache's common log format. */
export function formatAccessTime(date: Date): string {
  return `[${two(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}:${formatClock(date)} ${formatOffset(date)}]`;
}

/** Remembers the text of the last second: a busy log asks for the same one thousands of times. */
export function oncePerSecond(format: (date: Date) => string): (now: Milliseconds) => string {
  let second = Number.NaN;
  let text = '';
  return (now) => {
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      text = format(new Date(now));
    }
    return text;
  };
}
