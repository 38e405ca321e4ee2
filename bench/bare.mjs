/** The yardstick: Node's HTTP server and nothing else. */
import { createServer } from 'node:http';
import { listener } from './app.mjs';

createServer(listener).listen(Number(process.argv[2]), '127.0.0.1');
