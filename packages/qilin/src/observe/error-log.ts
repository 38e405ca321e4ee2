/** The error log of one process: a line, or an object, for each message, written before the call returns. */
import { writeSync } from 'node:fs';
import { LOG_LEVELS, type Log, type LogLevel, type LogSettings } from '../contract/log.ts';
import { escapeMessage, toJsonLine } from './escape.ts';
import { openLineFile } from './line-file.ts';
import { formatLogTime, oncePerSecond } from './timestamp.ts';

type FormatMessage = (level: LogLevel, message: string) => string;

/**
 * Opens the error log: `-` is stderr, anything else a file that is appended to. Lines are not buffered, so that a crash
 * loses none; a line costs one write, some 2 µs. What a full non-blocking pipe does not take waits in memory.
 * @throws QilinError LOG_FILE when the file cannot be opened.
 */
export function createLog(settings: LogSettings): Log {
  const file = openLineFile({
    name: settings.errorlog,
    standard: 2,
    bufferSize: 0,
    flushInterval: 0,
    onFailure: (message) => tell(settings.errorlog, message),
  });
  const format = settings.logFormat === 'json' ? formatJson : createTextFormat();
  const lowest = LOG_LEVELS.indexOf(settings.loglevel);
  const logAt = (level: LogLevel): ((message: string) => void) =>
    LOG_LEVELS.indexOf(level) < lowest ? () => {} : (message) => file.write(format(level, message));
  return {
    debug: logAt('debug'),
    info: logAt('info'),
    warning: logAt('warning'),
    error: logAt('error'),
    critical: logAt('critical'),
    reopen: () => file.reopen(),
    flush: () => file.flush(),
    close: () => file.close(),
  };
}

function createTextFormat(): FormatMessage {
  const timeOf = oncePerSecond(formatLogTime);
  return (level, message) =>
    `${timeOf(Date.now())} [${process.pid}] [${level.toUpperCase()}] ${escapeMessage(message.replace(/\n+$/, ''))}\n`;
}

const formatJson: FormatMessage = (level, message) =>
  `${toJsonLine({ time: new Date().toISOString(), level, pid: process.pid, message })}\n`;

/** The last resort when the error log itself cannot be written. */
function tell(name: string, message: string): void {
  if (name === '-') return;
  try {
    writeSync(2, `${message}\n`);
  } catch {
    // Neither the log nor stderr can be written: there is nobody left to tell, and the service matters more.
  }
}
