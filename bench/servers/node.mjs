/** Node's own HTTP server and nothing else: `node.mjs PORT WORK`. */
import { createServer } from 'node:http';
import { listeners } from '../apps.mjs';

const [port, work] = process.argv.slice(2);
const listener = Object.entries(listeners).find(([name]) => name === work)?.[1];
const server = createServer(listener);
// As long as the measurements hold idle connections.
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1');
