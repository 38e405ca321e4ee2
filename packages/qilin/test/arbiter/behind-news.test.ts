import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { lookBehindNews } from '../../src/arbiter/behind-news.ts';

test('a look that was held up sees what has come meanwhile', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[connection]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  const seen: string[] = [];
  connection.on('data', () => seen.push('news'));
  await new Promise<void>((resolve) => {
    const end = lookBehindNews(() => {
      seen.push('look');
      end();
      resolve();
    }, 20);
    // Sent at once: it has come when this turn, which holds up the look, is over.
    setImmediate(() => {
      client.write('beat');
      const until = performance.now() + 100;
      while (performance.now() < until);
    });
  });
  expect(seen).toEqual(['news', 'look']);
  client.destroy();
  server.close();
});
