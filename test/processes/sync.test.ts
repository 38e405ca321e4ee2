/** What only class `sync` does: one request at a time, and the end of a worker whose request takes too long. */
import { describe, expect, test } from 'vitest';
import { ask, RawConnection } from './http-client.ts';
import { startQilin } from './server.ts';

const APP = 'test/processes/fixtures/fetch-app.mjs';

describe('class sync', () => {
  test('serves one request at a time', async () => {
    await using server = await startQilin(['-k', 'sync', APP]);
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask(`${server.url}/slow?ms=50`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask(`${server.url}/most`)).text).toBe('1');
  });

  test('ends a worker whose request takes longer than `timeout`, while another worker serves', async () => {
    await using server = await startQilin(['-k', 'sync', '-w', '2', '--timeout', '2', APP]);
    const [first, second] = server.workerPids;
    using stuck = await RawConnection.open(server.port);
    stuck.send('GET /slow?ms=60000 HTTP/1.1\r\nHost: test\r\n\r\n');
    const free = Number((await ask(`${server.url}/pid`)).text);
    expect((await ask(`${server.url}/pid`)).text).toBe(String(free));
    const [, ended] = await server.logged(/WORKER TIMEOUT \(pid: (\d+)\): no heartbeat for .* \(timeout 2 s\)/);
    expect(Number(ended)).toBe(free === first ? second : first);
    await stuck.ended;
    expect(stuck.received).toMatch(/^HTTP\/1\.1 503 /);
    await server.until(() => server.workerPids.length === 3, 'the successor');
    expect((await ask(server.url)).status).toBe(200);
  });
});
