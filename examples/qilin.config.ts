/** Serves the examples: `qilin -c examples/qilin.config.ts examples/hello.ts:app`. */
import { mkdirSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'qilin';

const run = join(tmpdir(), 'qilin-example');
mkdirSync(run, { recursive: true });

export default defineConfig({
  preloadApp: true,
  bind: '127.0.0.1:8000',
  workers: availableParallelism() * 2 + 1,
  threads: 1,
  backlog: 2048,
  workerClass: 'gevent',
  workerConnections: 1200,
  procName: 'qilin-example',
  pidfile: join(run, 'qilin.pid'),
  loglevel: 'info',
  logfile: join(run, 'error.log'),
  accesslog: join(run, 'access.log'),
  accessLogFormat: '%(h)s %(t)s %(U)s %(q)s',
});
