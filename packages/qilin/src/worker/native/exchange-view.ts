/** The native engine's request as origin.ts asks of it. */
import type { Exchange } from '@qilin/picoev';
import type { RequestView } from '../origin.ts';

export const EXCHANGE_VIEW: RequestView<Exchange> = {
  mentions(names) {
    // One search of the head tells that there is nothing to read, as nearly always.
    const prefix = commonPrefix(names);
    return (exchange) => exchange.hasHeaderLike(prefix) && names.some((name) => exchange.header(name) !== undefined);
  },
  header: (exchange, name) => exchange.header(name),
  peer: (exchange) => exchange.connection.peer?.address,
  listener: (exchange) => exchange.listener,
  scheme: () => 'http',
};

function commonPrefix([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}
