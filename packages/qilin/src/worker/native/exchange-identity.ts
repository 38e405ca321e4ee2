/** Gives each exchange of the native engine its id and its trace, and whatever answers it the id. */
import type { Exchange } from '@qilin/picoev';
import type { Origins } from '../origin.ts';
import { createIdentify } from '../request-identity.ts';

/** @returns To be called before the app, and whoever logs the request, looks at its headers. */
export function createExchangeIdentity(origins: Origins<Exchange>): (exchange: Exchange) => void {
  const identify = createIdentify<Exchange>({
    header: (exchange, name) => exchange.header(name),
    trusts: (exchange) => origins.trusts(exchange),
    setHeader: (exchange, name, value) => exchange.setHeader(name, value),
  });
  return (exchange) => {
    exchange.addedFields = `X-Request-Id: ${identify(exchange)}\r\n`;
  };
}
