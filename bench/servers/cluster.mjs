/** Node's own way to many processes: the primary accepts and hands each connection on. `cluster.mjs PORT WORK` */
import cluster from 'node:cluster';

if (cluster.isPrimary) {
  const worker = cluster.fork();
  process.on('SIGINT', () => {
    worker.kill();
    process.exit();
  });
} else {
  await import('./node.mjs');
}
