/** Set up before each file with servers: a test that fails shows what its servers had said by then. */
import { beforeEach } from 'vitest';
import { servers } from './server.ts';

/** Of each server, in characters. */
const SHOWN = 4_000;

beforeEach(({ onTestFailed }) => {
  for (const server of servers) if (server.hasExited) servers.delete(server);
  onTestFailed(() => {
    for (const { pid, log } of servers) console.error(`The last that server ${pid} said:\n${log.slice(-SHOWN)}`);
  });
});
