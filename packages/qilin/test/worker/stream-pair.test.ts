import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { streamPair } from '../../src/worker/stream-pair.ts';

test('each end reads what the other writes', async () => {
  const [one, other] = streamPair();
  one.write('a');
  one.end('b');
  other.end('c');
  expect(await Promise.all([text(other), text(one)])).toEqual(['ab', 'c']);
});

test('nothing is lost of what is more than fits, and a writer waits for its reader', async () => {
  const [one, other] = streamPair();
  const piece = Buffer.alloc(1_000_000, 'x');
  expect(one.write(piece)).toBe(false);
  for (let i = 0; i < 9; i++) one.write(piece);
  expect(one.writableLength).toBeGreaterThan(8_000_000);
  one.end();
  expect((await buffer(other)).length).toBe(10_000_000);
});

test.each(['read', 'unread'])('an end whose other is destroyed has come to its end (%s)', async (what) => {
  const [one, other] = streamPair();
  let received = '';
  one.write('last');
  if (what === 'read') received += other.read();
  one.destroy();
  other.on('data', (piece) => {
    received += piece;
  });
  await once(other, 'end');
  expect(received).toBe('last');
  // Nobody waits for what nobody reads.
  other.end('x'.repeat(100_000));
  await finished(other);
});
