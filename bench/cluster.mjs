/** Node's own way to many processes: the primary accepts and hands each connection on. */
import cluster from 'node:cluster';
import { createServer } from 'node:http';
import { listener } from './app.mjs';

if (cluster.isPrimary) {
  const worker = cluster.fork();
  process.on('SIGINT', () => {
    worker.kill();
    process.exit();
  });
} else {
  createServer(listener).listen(Number(process.argv[2]), '127.0.0.1');
}
