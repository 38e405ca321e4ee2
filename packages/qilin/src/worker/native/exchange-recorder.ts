/** Makes an access log entry of each exchange of a fetch app on the native engine, when it is over. */
import type { Exchange } from '@qilin/picoev';
import type { AccessEntry, AccessLog } from '../../contract/worker-class.ts';
import type { Origin, Origins } from '../origin.ts';

/** To be called as a request comes in. */
export type RecordExchange = (exchange: Exchange) => void;

export function createExchangeRecorder(accessLog: AccessLog, origins: Origins<Exchange>): RecordExchange {
  return (exchange) => {
    const start = performance.now();
    // Asked for now: the connection may be closed when the answer is over.
    const origin = origins.of(exchange);
    exchange.onOver = () => {
      const microseconds = Math.round((performance.now() - start) * 1000);
      accessLog.write(new ExchangeAccessEntry(exchange, origin, microseconds));
    };
  };
}

class ExchangeAccessEntry implements AccessEntry {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly status: number;
  readonly bytes: number;
  readonly microseconds: number;
  readonly client: string | undefined;
  readonly scheme: 'http' | 'https';
  readonly server: string;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, origin: Origin, microseconds: number) {
    this.method = exchange.method;
    this.target = exchange.target;
    this.protocol = `HTTP/1.${exchange.minorVersion}`;
    // A client that left before the answer: nginx's 499, since a status that was never sent would mislead.
    this.status = exchange.status === 0 ? 499 : exchange.status;
    this.bytes = hasBody(exchange.method, exchange.status) ? exchange.bytesSent : 0;
    this.microseconds = microseconds;
    this.client = origin.client;
    this.scheme = origin.scheme;
    this.server = origin.server;
    this.#exchange = exchange;
  }

  requestHeader(name: string): string | undefined {
    return this.#exchange.header(name);
  }

  responseHeader(name: string): string | undefined {
    const values = this.#exchange.fields.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return line.slice(0, colon).toLowerCase() === name ? [line.slice(colon + 1).trim()] : [];
    });
    return values.length === 0 ? undefined : values.join(', ');
  }
}

/** RFC 9110, section 6.4.1. */
const hasBody = (method: string, status: number) => method !== 'HEAD' && status !== 204 && status !== 304;
