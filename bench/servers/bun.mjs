/** Bun's own HTTP server, run by Bun: `bun.mjs PORT WORK`. */
import { fetchers } from '../apps.mjs';

const [port, work] = process.argv.slice(2);
const app = Object.entries(fetchers).find(([name]) => name === work)?.[1];
// The longest that it takes, in seconds.
const idleTimeout = 255;
Reflect.get(globalThis, 'Bun').serve({ port: Number(port), hostname: '127.0.0.1', idleTimeout, fetch: app?.fetch });
