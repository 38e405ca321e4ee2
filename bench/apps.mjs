/** The work that is measured, each kind once as a fetch handler and once as a Node listener that answers the same. */
import { Readable } from 'node:stream';

const TEXT = 'Hello, World!';

/** 100 MiB. */
export const STREAMED = 100 * 1024 * 1024;
const PIECE = new Uint8Array(64 * 1024).fill(0x61);

/** @typedef {'hello' | 'headers' | 'echo' | 'stream'} Work */

function streamedBody() {
  let left = STREAMED;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      controller.enqueue(PIECE);
      left -= PIECE.length;
    },
  });
}

/** @satisfies {Record<Work, (request: Request) => Promise<Response>>} */
const handlers = {
  hello: async () => new Response(TEXT, { headers: { 'Content-Type': 'text/plain' } }),
  headers: async (request) =>
    Response.json({ agent: request.headers.get('user-agent'), language: request.headers.get('accept-language') }),
  echo: async (request) => Response.json(await request.json()),
  stream: async (request) => {
    if (request.method === 'GET') return new Response(streamedBody());
    let bytes = 0;
    for await (const piece of request.body ?? []) bytes += piece.length;
    return new Response(String(bytes));
  },
};

/** What qilin is given: `apps.mjs:fetchers.hello`. */
export const fetchers = {
  hello: { fetch: handlers.hello },
  headers: { fetch: handlers.headers },
  echo: { fetch: handlers.echo },
  stream: { fetch: handlers.stream },
};

/** @param {import('node:http').ServerResponse} res @param {unknown} value */
function json(res, value) {
  const text = JSON.stringify(value);
  res.setHeader('Content-Type', 'application/json').setHeader('Content-Length', Buffer.byteLength(text)).end(text);
}

/** @satisfies {Record<Work, import('node:http').RequestListener>} */
export const listeners = {
  hello: (_req, res) => void res.setHeader('Content-Type', 'text/plain').end(TEXT),
  headers: (req, res) => json(res, { agent: req.headers['user-agent'], language: req.headers['accept-language'] }),
  echo: (req, res) => {
    /** @type {Buffer[]} */
    const pieces = [];
    req.on('data', (piece) => pieces.push(piece));
    req.on('end', () => json(res, JSON.parse(Buffer.concat(pieces).toString())));
  },
  stream: (req, res) => {
    if (req.method === 'GET') {
      Readable.from(pieces(), { objectMode: false, highWaterMark: PIECE.length }).pipe(res);
      return;
    }
    let bytes = 0;
    req.on('data', (piece) => {
      bytes += piece.length;
    });
    req.on('end', () => res.end(String(bytes)));
  },
};

function* pieces() {
  for (let sent = 0; sent < STREAMED; sent += PIECE.length) yield PIECE;
}
