import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import { ticks } from './ticks.ts';

export const app = express();

app.get('/', (_req, res) => void res.type('text').send('Hello from Express!'));
app.post('/echo', express.raw({ type: '*/*', limit: '10mb' }), (req, res) => void res.send(req.body));
app.get('/stream', (_req, res) => void Readable.from(ticks()).pipe(res.type('text')));
app.get('/slow', async (req, res) => {
  await sleep(Number(req.query['ms'] ?? 500));
  res.type('text').send('slow\n');
});
