/** Serves an example with two workers, and says what to try next. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
console.log(`
Qilin serves examples/hello.ts on http://127.0.0.1:8000 with 2 workers. In another terminal, try:

  curl http://127.0.0.1:8000/                       an answer
  kill -HUP $(cat /tmp/qilin-start.pid)             a reload: new workers, no request lost
  kill -TTIN $(cat /tmp/qilin-start.pid)            one worker more
  npx qilin -w 4 examples/express.ts:app -b 8001    another app
  npx qilin --help                                  every option

Ctrl+C stops it.
`);
const options = [
  '--workers',
  '2',
  '--bind',
  '127.0.0.1:8000',
  '--pid',
  '/tmp/qilin-start.pid',
  '--access-logfile',
  '-',
];
const command = join(root, 'packages/qilin/bin/qilin.js');
const server = spawn(process.execPath, [command, ...options, 'examples/hello.ts:app'], { cwd: root, stdio: 'inherit' });
// A terminal sends Ctrl+C to the server as well; a TERM to this process alone is passed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => server.kill('SIGTERM'));
server.on('exit', (status) => process.exit(status ?? 1));
