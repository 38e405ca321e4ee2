import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { ticks } from './ticks.ts';

export const app = Fastify();

app.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body));

app.get('/', () => 'Hello from Fastify!');
app.post('/echo', (request, reply) => reply.type('application/octet-stream').send(request.body));
app.get('/stream', (_request, reply) => reply.type('text/plain').send(Readable.from(ticks())));
app.get<{ Querystring: { ms?: number } }>('/slow', async (request) => {
  await sleep(Number(request.query.ms ?? 500));
  return 'slow\n';
});
