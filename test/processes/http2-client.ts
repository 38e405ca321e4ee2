/** Clients of HTTP/2 for the tests. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';

/** How long any answer may take before its test is failed. */
const PATIENCE = 20_000;

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A connection of its own. Errors of it are those of its streams. */
export class Http2Connection implements Disposable {
  readonly session: ClientHttp2Session;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;

  constructor(url: string, options: SecureClientSessionOptions = {}) {
    this.session = connect(url, { rejectUnauthorized: false, ...options });
    this.session.on('error', () => {});
    this.closed = new Promise((resolve) => this.session.once('close', () => resolve()));
  }

  static async open(url: string, options: SecureClientSessionOptions = {}): Promise<Http2Connection> {
    const connection = new Http2Connection(url, options);
    await once(connection.session, 'remoteSettings', { signal: AbortSignal.timeout(PATIENCE) });
    return connection;
  }

  /** A request that the test goes on with. */
  begin(path: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    return this.session.request({ ':path': path, ...headers }, { endStream: headers[':method'] === undefined });
  }

  /** A request and its whole answer; rejects when the stream ends in an error. */
  async ask(path: string, headers: OutgoingHttpHeaders = {}, body?: string | Uint8Array): Promise<Http2Answer> {
    const method = body === undefined ? {} : { ':method': 'POST' };
    const stream = this.begin(path, { ...method, ...headers });
    if (body !== undefined) stream.end(body);
    return answerOf(stream);
  }

  [Symbol.dispose](): void {
    this.session.destroy();
  }
}

/** The whole answer of a stream; rejects when it ends in an error. */
export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const signal = AbortSignal.timeout(PATIENCE);
  let text = '';
  stream.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  const ended = once(stream, 'close', { signal });
  ended.catch(() => {});
  const [headers] = await Promise.race([once(stream, 'response', { signal }), ended.then(() => [undefined])]);
  await ended;
  if (headers === undefined || stream.rstCode !== 0) throw new Error(`The stream ended with code ${stream.rstCode}`);
  return { status: headers[':status'], headers, text };
}
