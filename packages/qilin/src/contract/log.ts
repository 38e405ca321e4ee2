/** What every part may say to the operator. The implementation is observe/log.ts. */

/** From the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The error log of one process. A message may have several lines; it is written in one piece. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
  critical(message: string): void;
  /** Closes the file and opens it anew by its name, after logrotate has moved it away. Nothing is lost. */
  reopen(): void;
  /** Writes out what is buffered, synchronously. */
  flush(): void;
  /** Writes out what is buffered and closes the file: this log is done with. */
  close(): void;
}

/** The settings that a log is made from. */
export interface LogSettings {
  /** File name, or `-` for stderr. */
  readonly errorlog: string;
  readonly loglevel: LogLevel;
  readonly logFormat: 'text' | 'json';
}
