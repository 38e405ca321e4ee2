/** The same settings as in qilin.config.ts, in the names of a gunicorn.conf.py. */
import { mkdirSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'qilin';

const run = join(tmpdir(), 'qilin-example-snake');
mkdirSync(run, { recursive: true });

export default defineConfig({
  preload_app: true,
  bind: '127.0.0.1:8000',
  workers: availableParallelism() * 2 + 1,
  threads: 1,
  backlog: 2048,
  worker_class: 'gevent',
  worker_connections: 1200,
  proc_name: 'qilin-example',
  pidfile: join(run, 'qilin.pid'),
  loglevel: 'info',
  logfile: join(run, 'error.log'),
  accesslog: join(run, 'access.log'),
  access_log_format: '%(h)s %(t)s %(U)s %(q)s',
});
