/** A client that leaves before its answer is complete: how it is heard of, and how it shows in what the app does. */
import type { FetchExchange } from '@qilin/picoev';

/**
 * Calls back when the client leaves before the answer is complete; at once when it has left already. Several parts want to
 * know, and an exchange has one place for that.
 */
export function whenGone(exchange: FetchExchange, callback: () => void): void {
  if (exchange.isGone) {
    callback();
    return;
  }
  const earlier = exchange.onGone;
  exchange.onGone =
    earlier === null
      ? callback
      : () => {
          earlier(exchange);
          callback();
        };
}

/**
 * Whether an app's promise was rejected, or its stream failed, because the client left: the request's own methods do so, and
 * `fetch()` with the request's signal.
 */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ECONNRESET'));
}
