/** What a life tells, as lines of the error log: the same sentences for a process, a thread, and a server in a program. */
import { explain } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import { type Milliseconds, toMilliseconds } from '../contract/units.ts';
import type { News } from './life-terms.ts';

interface Subject {
  /** `the worker leaves`: what an error that nobody caught comes to. */
  readonly end: string;
  readonly gracefulTimeout: Milliseconds;
  /** Open now. */
  connections(): number;
}

export function logNews(log: Log, news: News, { end, gracefulTimeout, connections }: Subject): void {
  switch (news.type) {
    case 'uncaught': {
      const what = news.origin === 'unhandledRejection' ? 'Unhandled rejection' : 'Uncaught exception';
      log.critical(`${what}, ${end}: ${explain(news.error)}`);
      break;
    }
    case 'draining':
      log.debug(`Worker drains: ${news.reason}`);
      break;
    case 'overdue': {
      const seconds = gracefulTimeout / toMilliseconds(1);
      log.warning(`Graceful timeout of ${seconds} s has passed; connections closed: ${connections()}`);
      break;
    }
    case 'unended':
      log.info('The app has not come to its end by itself within the graceful timeout: it is ended');
      break;
    case 'faulty':
      log.error(
        `On the way out (${news.effect}) something threw, and the rest is done without it: ${explain(news.error)}`,
      );
      break;
    default:
      break;
  }
}

/** The app ends a process, or a thread, and with it what is open. */
export function logExit(log: Log, status: number, call: Error, connections: number): void {
  const [, ...frames] = explain(call).split('\n');
  log.error([`The app exits with status ${status}; connections closed: ${connections}`, ...frames].join('\n'));
}
