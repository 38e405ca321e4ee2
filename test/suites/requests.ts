/** Requests and exchanges of the conformance suite. */
import { ask, RawConnection } from '../processes/http-client.ts';
import type { QilinProcess } from '../processes/server.ts';

export const get = (target: string, ...fields: string[]): string => head('GET', target, fields);

export const post = (target: string, ...fields: string[]): string => head('POST', target, fields);

const head = (method: string, target: string, fields: readonly string[]) =>
  `${[`${method} ${target} HTTP/1.1`, 'Host: test', ...fields].join('\r\n')}\r\n\r\n`;

/** To be sent behind a request that ends its connection; the app would announce it. */
export const UNREAD = get('/unread?announce');

/** Sends all of it at once, and resolves with all that comes back until the server ends the connection. */
export async function exchange(server: QilinProcess, text: string): Promise<string> {
  using connection = await RawConnection.open(server.port);
  await connection.send(text);
  await connection.ended;
  return connection.received;
}

/** Pid of a worker. */
export const workerOf = async (server: QilinProcess): Promise<number> => Number((await ask(`${server.url}/pid`)).text);
