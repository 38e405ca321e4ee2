/** Sends a request as it is written, byte by byte, and takes the answer apart: no client library mends what is odd. */
import { connect } from 'node:net';
import type { Ask } from './case.ts';

/** The name by which both servers are called, so that what they say of themselves is the same. */
const HOST = 'flask.test';

const PATIENCE = 20_000;

export interface Answer {
  readonly status: number;
  /** In the order in which they came, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  /** A character for each byte. */
  readonly body: string;
}

export const headerOf = (answer: Answer, name: string): string | undefined =>
  answer.headers.find(([key]) => key === name)?.[1];

/** One client of one server: it keeps cookies, by name alone. */
export class Client {
  readonly port: number;
  cookies = new Map<string, string>();
  #lastEtag = '';

  constructor(port: number) {
    this.port = port;
  }

  async send(ask: Ask): Promise<Answer> {
    const answer = parse(await exchange(this.port, this.#bytes(typeof ask === 'string' ? { ask } : ask)));
    for (const [name, value] of answer.headers) if (name === 'set-cookie') this.#keep(value);
    this.#lastEtag = headerOf(answer, 'etag') ?? this.#lastEtag;
    return answer;
  }

  #bytes({ ask, headers = {}, body }: Exclude<Ask, string>): Buffer {
    const named = new Map(Object.entries({ Host: HOST, ...headers, Connection: 'close' }));
    if (this.cookies.size > 0 && !named.has('Cookie')) {
      named.set('Cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    }
    const content = Buffer.from(body ?? '');
    if (body !== undefined && !named.has('Transfer-Encoding')) named.set('Content-Length', String(content.length));
    const lines = [...named].map(([name, value]) => `${name}: ${value.replace('{etag}', this.#lastEtag)}\r\n`);
    return Buffer.concat([Buffer.from(`${ask} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), content]);
  }

  #keep(cookie: string): void {
    const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(cookie) ?? [];
    if (/; max-age=0/i.test(cookie)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** Everything that comes back until the server closes. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setTimeout(PATIENCE, () => socket.destroy(new Error(`no answer in ${PATIENCE} ms, got ${received}`)));
    socket.setEncoding('latin1').on('data', (text) => {
      received += String(text);
    });
    socket.on('error', (error) => (received === '' ? reject(error) : resolve(received))); // a reset after the answer
    socket.on('end', () => resolve(received));
    socket.write(bytes);
  });
}

function parse(received: string): Answer {
  const end = received.indexOf('\r\n\r\n');
  const [start = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(start)?.[1]);
  if (Number.isNaN(status)) throw new Error(`Not an answer of HTTP: ${JSON.stringify(received.slice(0, 200))}`);
  const rest = received.slice(end + 4);
  const isChunked = headers.some(([name, value]) => name === 'transfer-encoding' && value === 'chunked');
  return { status, headers, body: isChunked ? joinChunks(rest) : rest };
}

function joinChunks(text: string): string {
  let body = '';
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) return body;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
