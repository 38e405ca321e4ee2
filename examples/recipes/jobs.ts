/**
 * Work that outlives its request, by BullMQ in Redis: `qilin -w 4 jobs.ts:app` takes orders, and beside it
 * `npx flask --app jobs.ts work` carries them out, in as many processes as are started.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { abort, Flask, request, urlFor } from '@qilin/flask';
import { type Job, Queue, Worker } from 'bullmq';

const { REDIS_SOCKET, REDIS_HOST = '127.0.0.1' } = process.env;
const connection = REDIS_SOCKET === undefined ? { host: REDIS_HOST } : { path: REDIS_SOCKET };
/** A job that fails is tried three times; those that are over are kept for a day. */
const defaultJobOptions = { attempts: 3, removeOnComplete: { age: 86_400 }, removeOnFail: { age: 86_400 } };

interface Order {
  readonly text: string;
}

export const app = new Flask(import.meta);

const reports = new Queue<Order, number>('reports', { connection, defaultJobOptions });
// While Redis is away: who asks then gets a 500, and the queue connects anew.
reports.on('error', (error) => app.logger.error(`The queue: ${error.message}`));

app.post('/reports', async () => {
  const id = randomUUID(); // nobody guesses another one's
  await reports.add('count', { text: (await request.form).require('text') }, { jobId: id });
  return [{ id }, 202, { Location: urlFor('report', { id }) }];
});

app.get('/reports/<uuid:id>', { endpoint: 'report' }, async ({ id }) => {
  const job = await reports.getJob(id);
  if (job === undefined) return abort(404);
  return { state: await job.getState(), result: job.returnvalue ?? null };
});

app.cli.command('work', { help: 'Carries out what is queued, until SIGTERM.' }, async (_values, { echo }) => {
  const worker = new Worker<Order, number>('reports', count, { connection, concurrency: 4 });
  worker.on('failed', (job, error) => app.logger.error(`Report ${job?.id}: ${error.stack}`));
  worker.on('error', (error) => app.logger.error(`The worker: ${error.message}`));
  await worker.waitUntilReady();
  echo('Works on reports.');
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await worker.close(); // what has begun is finished
  await reports.close();
});

async function count({ data }: Job<Order>): Promise<number> {
  return data.text.split(/\s+/).filter(Boolean).length;
}
