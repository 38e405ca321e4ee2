/** `app.logger`: lines on standard error, in the form of Flask's default handler. */
import { stackOf } from './thrown.ts';

/** From the least to the most important. */
export const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
/** How important a message is; Python's names. */
export type Level = (typeof LEVELS)[number];

/** Takes one line with its line break. */
export type LineSink = (line: string) => void;

/** Flask's `app.logger`. */
export class Logger {
  readonly name: string;
  /** The least level that is written; undefined: debug in debug mode, else warning. */
  level: Level | undefined = undefined;
  /** Where lines go; standard error by default. */
  sink: LineSink = (line) => {
    process.stderr.write(line);
  };
  readonly #isDebug: () => boolean;

  constructor(name: string, isDebug: () => boolean) {
    this.name = name;
    this.#isDebug = isDebug;
  }

  /** For who is looking for a mistake. */
  debug(message: string): void {
    this.log('debug', message);
  }

  /** What happens as it should. */
  info(message: string): void {
    this.log('info', message);
  }

  /** What may be wrong. */
  warning(message: string): void {
    this.log('warning', message);
  }

  /** What went wrong. */
  error(message: string): void {
    this.log('error', message);
  }

  /** What the app cannot go on with. */
  critical(message: string): void {
    this.log('critical', message);
  }

  /** An error with its stack, and with what caused it. */
  exception(message: string, error: unknown): void {
    this.log('error', `${message}\n${stackOf(error)}`);
  }

  /** Writes a message, when its level is enough. */
  log(level: Level, message: string): void {
    const least = this.level ?? (this.#isDebug() ? 'debug' : 'warning');
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    this.sink(`[${timestamp(new Date())}] ${level.toUpperCase()} in ${this.name}: ${message}\n`);
  }
}

/** `2026-11-25 13:04:05,678`, in local time, as Python's logging writes it. */
function timestamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${date} ${clock},${String(time.getMilliseconds()).padStart(3, '0')}`;
}
