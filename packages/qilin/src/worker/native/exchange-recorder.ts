/** Makes an access log entry of each exchange of a fetch app on the native engine, when it is over. */
import type { Exchange } from '@qilin/picoev';
import { type LogFieldValue, logFieldOf } from '../../contract/log-fields.ts';
import type { AccessLog } from '../../contract/worker-class.ts';
import { AnsweredRequest } from '../answered-request.ts';
import type { Origin, Origins } from '../origin.ts';

/** To be called as a request comes in. */
export type RecordExchange = (exchange: Exchange) => void;

/** @param count Called with it too, when it is over. */
export function createExchangeRecorder(
  accessLog: AccessLog,
  origins: Origins<Exchange>,
  count: ((exchange: Exchange) => void) | undefined,
): RecordExchange {
  return (exchange) => {
    const start = performance.now();
    // Asked for now: the connection may be closed when the answer is over.
    const origin = origins.of(exchange);
    exchange.onOver = () => {
      count?.(exchange);
      const microseconds = Math.round((performance.now() - start) * 1000);
      accessLog.write(new AnsweredExchange(exchange, origin, microseconds));
    };
  };
}

class AnsweredExchange extends AnsweredRequest {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, origin: Origin, microseconds: number) {
    const { method, target, status, bytesSent } = exchange;
    const protocol = `HTTP/1.${exchange.minorVersion}`;
    super(
      { method, target, protocol, microseconds, status: status === 0 ? undefined : status, bytesWritten: bytesSent },
      origin,
    );
    this.#exchange = exchange;
  }

  requestHeader(name: string): string | undefined {
    return this.#exchange.header(name);
  }

  ownField(name: string): LogFieldValue {
    return logFieldOf(this.#exchange, name);
  }

  responseHeader(name: string): string | undefined {
    const values = this.#exchange.fields.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':');
      return line.slice(0, colon).toLowerCase() === name ? [line.slice(colon + 1).trim()] : [];
    });
    return values.length === 0 ? undefined : values.join(', ');
  }
}
