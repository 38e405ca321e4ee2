/** Several parts want to know that a client has left; an exchange has one place for that. */
import type { Exchange } from '../../contract/exchange.ts';

/** Calls back when the client leaves before the answer is complete; at once when it has left already. */
export function whenGone(exchange: Exchange, callback: () => void): void {
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
