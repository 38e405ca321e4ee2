/** The same on Fastify with @fastify/under-pressure, in two processes of node:cluster. `fastify-cluster.mjs PORT` */
import cluster from 'node:cluster';
import underPressure from '@fastify/under-pressure';
import fastify from 'fastify';
import { work } from './busy.mjs';

if (cluster.isPrimary) {
  const workers = [cluster.fork(), cluster.fork()];
  process.on('SIGINT', () => {
    for (const worker of workers) worker.kill();
    process.exit();
  });
} else {
  const server = fastify();
  await server.register(underPressure, { maxEventLoopDelay: 250, retryAfter: 1 });
  server.get('/', () => {
    work();
    return 'done';
  });
  await server.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
}
