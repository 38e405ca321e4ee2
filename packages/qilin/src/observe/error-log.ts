/** The error log of one process: a line, or an object, for each message, written before the call returns. */
import { LOG_LEVELS, type Log, type LogLevel, type LogSettings } from '../contract/log.ts';
import { bytesInJson, bytesOfText, escapeMessage, piecesOf, toJsonLine } from './escape.ts';
import { openLineFile } from './line-file.ts';
import { openOutlet } from './outlet.ts';
import { formatLogTime, oncePerSecond } from './timestamp.ts';

/** The lines of a message, none of which has more bytes than `longest`, newlines included. */
type FormatMessage = (level: LogLevel, message: string, longest: number) => string;

/** Of a message that is longer than this many characters the rest is only counted. */
const LONGEST_MESSAGE = 64 * 1024;

/**
 * Opens the error log: `-` is stderr, anything else a file that is appended to. Lines are not buffered, so that a crash
 * loses none; a line costs one write, some 2 µs. What a full pipe does not take waits in memory, then is dropped and counted.
 * @throws QilinError LOG_FILE when the file cannot be opened.
 */
export function createLog(settings: LogSettings): Log {
  const format = settings.logFormat === 'json' ? formatJson : createTextFormat();
  const file = openLineFile({
    name: settings.errorlog,
    standard: 2,
    bufferSize: 0,
    flushInterval: 0,
    onFailure: (message, takesLines) => {
      tell(settings.errorlog, message);
      // A daemon's stderr is read by nobody.
      if (takesLines) file.write(format('error', message, file.longestLine));
    },
    onDropped: (lines) => format('warning', dropped(lines, 'this log'), file.longestLine),
  });
  const lowest = LOG_LEVELS.indexOf(settings.loglevel);
  const logAt = (level: LogLevel): ((message: string) => void) =>
    LOG_LEVELS.indexOf(level) < lowest
      ? () => {}
      : (message) => file.write(format(level, bounded(message), file.longestLine));
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

/** What is said of lines that were given up. */
export function dropped(lines: number, log: string): string {
  return `${lines} ${lines === 1 ? 'line' : 'lines'} of ${log} were dropped: its reader did not keep up, or it could not be written`;
}

function bounded(message: string): string {
  const excess = message.length - LONGEST_MESSAGE;
  return excess > 0 ? `${message.slice(0, LONGEST_MESSAGE)}... (${excess} more characters)` : message;
}

function createTextFormat(): FormatMessage {
  const timeOf = oncePerSecond(formatLogTime);
  return (level, message, longest) => {
    const told = escapeMessage(message.replace(/\n+$/, ''));
    const text = `${timeOf(Date.now())} [${process.pid}] [${level.toUpperCase()}] ${told}`;
    if (text.length * MOST_BYTES < longest) return `${text}\n`;
    const lines = text.split('\n').flatMap((line) => (line === '' ? '' : piecesOf(line, longest - 1, bytesOfText)));
    return `${lines.join('\n')}\n`;
  };
}

/** Of one UTF-16 unit, in UTF-8. */
const MOST_BYTES = 3;

/** A message too long for one line becomes several objects, all but the first of which say `continued`. */
const formatJson: FormatMessage = (level, message, longest) => {
  const fields = { time: new Date().toISOString(), level, pid: process.pid };
  const whole = `${toJsonLine({ ...fields, message })}\n`;
  if (whole.length * MOST_BYTES <= longest || Buffer.byteLength(whole) <= longest) return whole;
  const room = longest - Buffer.byteLength(toJsonLine({ ...fields, message: '', continued: true })) - 1;
  return piecesOf(message, room, bytesInJson)
    .map((part, index) => `${toJsonLine({ ...fields, message: part, ...(index > 0 && { continued: true }) })}\n`)
    .join('');
};

/** The last resort when the error log itself cannot be written. */
function tell(name: string, message: string): void {
  if (name === '-') return;
  try {
    const line = Buffer.from(`${message}\n`);
    openOutlet('-', 2).write(line, 0, line.length);
  } catch {
    // Neither the log nor stderr can be written: there is nobody left to tell, and the service matters more.
  }
}
