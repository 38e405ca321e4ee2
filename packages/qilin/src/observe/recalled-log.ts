/** A log whose last lines are kept in memory too, as text. */
import { LOG_LEVELS, type Log, type LogLevel } from '../contract/log.ts';
import type { RecentLines } from '../contract/recent-lines.ts';

/** @param lowest The least important messages that the log takes. */
export function recalledLog(log: Log, lowest: LogLevel, recent: RecentLines): Log {
  const recalled = (level: LogLevel): ((message: string) => void) => {
    const write = log[level].bind(log);
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(lowest)) return write;
    return (message) => {
      recent.add(`${new Date().toISOString()} [${level.toUpperCase()}] ${message}`);
      write(message);
    };
  };
  return {
    debug: recalled('debug'),
    info: recalled('info'),
    warning: recalled('warning'),
    error: recalled('error'),
    critical: recalled('critical'),
    reopen: () => log.reopen(),
    flush: () => log.flush(),
    close: () => log.close(),
  };
}
