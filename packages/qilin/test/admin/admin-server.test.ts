import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { addressOf, listen } from '@qilin/picoev';
import { expect, test } from 'vitest';
import { AdminServer } from '../../src/admin/admin-server.ts';

test('a closed one still answers whoever had connected, once', async () => {
  const fd = listen({ host: '127.0.0.1', port: 0 });
  const address = addressOf(fd);
  const { port } = 'port' in address ? address : expect.unreachable();
  const server = new AdminServer(fd, {
    pulse: () => ({ state: 'serving', hasStarted: true, ready: 1, stuckFor: 0, unreadyWhenStuck: false }),
    status: () => expect.unreachable(),
    figures: () => expect.unreachable(),
    appMetrics: () => expect.unreachable(),
    onError: (error) => expect.unreachable(error.message),
  });
  const open = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const fresh = await open();
  const kept = await open();
  kept.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
  const [first] = await once(kept, 'data');
  expect(String(first)).toContain('Connection: keep-alive');

  server.close();
  for (const socket of [fresh, kept]) {
    socket.write('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await text(socket)).toMatch(
      /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Connection: close\r\n(?:.+\r\n)*\r\n\{"ok":true\}\n$/,
    );
  }
  const [error] = await once(connect(port, '127.0.0.1'), 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});
