/** Any kind of app as one function of an exchange of the native engine. */
import type { Exchange } from '@qilin/picoev';
import { explain } from '../../contract/errors.ts';
import type { WorkerContext } from '../../contract/worker-class.ts';
import { createFetchServer } from '../../http/fetch-server.ts';
import type { ExchangeOrigins } from './exchange-origin.ts';
import { createExchangeRecorder } from './exchange-recorder.ts';

export type ServeExchange = (exchange: Exchange) => void;

export function createExchangeApp(context: WorkerContext, origins: ExchangeOrigins): ServeExchange {
  const { app, accessLog, log } = context;
  const onError = (error: unknown) => log.error(`Error handling request\n${explain(error)}`);
  if (app.kind !== 'fetch') throw new Error('not yet');
  const record = accessLog === null ? undefined : createExchangeRecorder(accessLog, origins);
  const serve = createFetchServer(app.fetch, {
    onError,
    resolve: (exchange) => {
      const said = origins.read(exchange);
      if (said.kind !== 'forwarded') return undefined;
      const host = said.host ?? exchange.header('host');
      return host === undefined ? undefined : { scheme: said.scheme ?? 'http', host };
    },
  });
  return (exchange) => {
    const said = origins.read(exchange);
    record?.(exchange, said);
    if (said.kind === 'contradiction') exchange.respond(400, 'Content-Type: text/plain\r\n', 'Bad Request\n');
    else serve(exchange);
  };
}
