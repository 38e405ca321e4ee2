/** Serves an example with two workers, and says what to try next. `npm start -- 8001` takes another port than 8000. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

const port = Number(process.argv[2] ?? 8000);
const pidfile = join(tmpdir(), 'qilin-start.pid');

await prepare();
console.log(`
Qilin serves examples/hello.ts on http://127.0.0.1:${port} with 2 workers. In another terminal, try:

  curl http://127.0.0.1:${port}/
      an answer
  kill -HUP $(cat ${pidfile})
      a reload: new workers, no request lost
  kill -TTIN $(cat ${pidfile})
      one worker more
  node_modules/.bin/qilin -w 4 -b 127.0.0.1:${port + 1} examples/express.ts:app
      another app
  node_modules/.bin/qilin --help
      every option

Ctrl+C stops it.
`);
const options = ['-w', '2', '-b', `127.0.0.1:${port}`, '--pid', pidfile, '--access-logfile', '-'];
const command = join(root, 'packages/qilin/bin/qilin.js');
const server = spawn(process.execPath, [command, ...options, 'examples/hello.ts:app'], { cwd: root, stdio: 'inherit' });
// A terminal sends Ctrl+C to the server as well; a TERM to this process alone is passed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => server.kill('SIGTERM'));
server.on('exit', (status) => process.exit(status ?? 1));
