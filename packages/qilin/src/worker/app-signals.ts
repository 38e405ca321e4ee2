/**
 * The signals by which a worker is told to leave: they are Qilin's first, and the app's own handlers of them are called when
 * Qilin says so. The handlers stay where the app has put them, on `process`, so that Node calls them as it always does (`once`,
 * order, `this`, arguments); what is changed is who hears the signal: `process.emit`, by which Node tells of one.
 *
 * Node hears a signal at all only while somebody listens, so a listener of ours stays, hidden from the app: libraries end the
 * process themselves when they find no listener but their own (signal-exit, Prisma).
 */
import { constants } from 'node:os';
import { LEAVE_SIGNALS, type LeaveSignal } from './life-terms.ts';

type Call = (event: unknown, ...rest: unknown[]) => unknown;

const isOurs = (event: unknown): event is LeaveSignal => LEAVE_SIGNALS.some((signal) => signal === event);

/** Keeps the process listening. */
function keeper(): void {}

export class AppSignals {
  readonly #emit = methodOf('emit');

  /**
   * Takes the signals over. To be called once in a process, before the app is loaded.
   * @param onSignal a signal has come, or the app has sent it to itself
   */
  constructor(onSignal: OnSignal) {
    takeSignals(onSignal);
    hideKeeper();
    for (const signal of LEAVE_SIGNALS) process.on(signal, keeper);
  }

  /**
   * Calls the app's handlers. An error that one throws is an uncaught one, as under node.
   * @returns false when it has none
   */
  deliver(signal: LeaveSignal): boolean {
    if (process.listenerCount(signal) === 0) return false;
    try {
      Reflect.apply(this.#emit, process, [signal, signal, constants.signals[signal]]);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
    return true;
  }
}

type OnSignal = (signal: LeaveSignal, isOwn: boolean) => void;

/** The app's own are not sent at all: what the kernel would do with one, when nobody listens, is not the app's to decide. */
function takeSignals(onSignal: OnSignal): void {
  replace('emit', (emit) => {
    return (event, ...rest) => {
      if (!isOurs(event)) return Reflect.apply(emit, process, [event, ...rest]);
      onSignal(event, false);
      return true;
    };
  });
  replace('kill', (kill) => {
    return (pid, signal = 'SIGTERM') => {
      const name = LEAVE_SIGNALS.find((ours) => ours === signal || constants.signals[ours] === signal);
      if (pid !== process.pid || name === undefined) return Reflect.apply(kill, process, [pid, signal]);
      // As a signal would, it comes when the event loop turns.
      setImmediate(onSignal, name, true);
      return true;
    };
  });
}

/** The app sees its own listeners alone, and can remove no other. */
function hideKeeper(): void {
  // Node stops to listen when `listenerCount()` is 0 after a listener was removed: then it must count ours.
  let isRemoving = false;
  for (const name of ['listeners', 'rawListeners'] as const) {
    replace(name, (list) => {
      return (event) => {
        const all = Reflect.apply(list, process, [event]);
        return isOurs(event) && Array.isArray(all) ? all.filter((listener) => listener !== keeper) : all;
      };
    });
  }
  replace('listenerCount', (count) => {
    return (event, ...rest) =>
      isOurs(event) && !isRemoving && rest[0] === undefined
        ? process.rawListeners(event).length
        : Reflect.apply(count, process, [event, ...rest]);
  });
  for (const name of ['removeListener', 'off'] as const) {
    replace(name, (remove) => {
      return (event, ...rest) => {
        isRemoving = true;
        try {
          return Reflect.apply(remove, process, [event, ...rest]);
        } finally {
          isRemoving = false;
        }
      };
    });
  }
  replace('removeAllListeners', (removeAll) => {
    return (event, ...rest) => {
      if (!isOurs(event)) return Reflect.apply(removeAll, process, event === undefined ? [] : [event, ...rest]);
      for (const listener of process.rawListeners(event)) process.removeListener(event, listener as () => void);
      return process;
    };
  });
}

type Method =
  | 'emit'
  | 'kill'
  | 'listeners'
  | 'rawListeners'
  | 'listenerCount'
  | 'removeListener'
  | 'off'
  | 'removeAllListeners';

function replace(name: Method, make: (original: Call) => Call): void {
  const value = make(methodOf(name));
  Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Each has overloads of its own; what they are called with here is what the app has called them with. */
const methodOf = (name: Method): Call => process[name] as Call;
