/** What teardown closes is there for a view that streams, on every worker class, until the client has all or has left. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startQilin } from '../processes/server.ts';

const APP = 'test/flask/streams/app.ts:app';

describe.each(['async', 'sync', 'picoev', 'threads'])('on class %s', (workerClass) => {
  test('teardown follows the last byte', async () => {
    await using server = await startQilin(['-k', workerClass, APP]);
    const answer = await fetch(`${server.url}/whole`);
    expect(await answer.text()).toBe('open open open ');
    await server.logged(/torn down: whole undefined/);
  });

  test('teardown follows a client that leaves', async () => {
    await using server = await startQilin(['-k', workerClass, APP]);
    const client = connect(server.port, '127.0.0.1');
    client.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'data');
    expect(server.log).not.toContain('torn down');
    client.resetAndDestroy();
    await server.logged(/torn down: endless ClientLeft/);
  });

  test('to HEAD nothing is streamed, and the request ends', async () => {
    await using server = await startQilin(['-k', workerClass, APP]);
    const answer = await fetch(`${server.url}/endless`, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    await server.logged(/torn down: endless/);
  });
});
