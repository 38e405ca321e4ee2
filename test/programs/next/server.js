/** A custom server, as Next's guide has it. */
import { createServer } from 'node:http';
import next from 'next';

const app = next({ dev: false, dir: import.meta.dirname });
const handle = app.getRequestHandler();
await app.prepare();
createServer((req, res) => {
  if (req.url === '/own') res.end('an answer of the custom server');
  else handle(req, res);
}).listen(3000);
