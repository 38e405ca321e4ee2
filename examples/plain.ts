// A program that listens by itself: `node` would serve it on port 3000, `qilin plain.ts` serves it on its own sockets.
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ticks } from './ticks.ts';

createServer(async (req, res) => {
  const url = new URL(req.url ?? '/', 'http://localhost');
  const route = `${req.method} ${url.pathname}`;
  if (route === 'GET /') res.end('Hello from plain Node!');
  else if (route === 'POST /echo') req.pipe(res.setHeader('Content-Type', 'application/octet-stream'));
  else if (route === 'GET /stream') Readable.from(ticks()).pipe(res);
  else if (route === 'GET /slow') {
    await sleep(Number(url.searchParams.get('ms') ?? 500));
    res.end('slow\n');
  } else res.writeHead(404).end('Not found\n');
}).listen(3000);
