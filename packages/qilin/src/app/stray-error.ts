/** Waits for an error that no promise of ours brings: thrown in a timer of the app, or rejected where nobody awaits. */

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Rejects with the first such error, until `over` is aborted. An app that handles these events itself keeps doing so: then
 * its error is no concern of ours. While this waits, such an error does not end the process.
 */
export function strayError(over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    for (const event of EVENTS) {
      const before = process.listenerCount(event);
      const listener = (error: unknown) => {
        if (process.listenerCount(event) === before + 1) reject(error);
      };
      process.on(event, listener);
      over.addEventListener('abort', () => process.off(event, listener), { once: true });
    }
  });
}
