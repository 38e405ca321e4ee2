import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { listen } from '@qilin/picoev';
import { expect, onTestFinished, test } from 'vitest';
import { ControlClient } from '../../src/control/control-client.ts';
import { ControlServer, type ControlSource } from '../../src/control/control-server.ts';
import { TakenOver } from '../../src/control/refusal.ts';

function started(carryOut: ControlSource['carryOut']) {
  const folder = mkdtempSync(join(tmpdir(), 'qilin-control-'));
  const path = join(folder, 'socket');
  const onError = (error: unknown) => expect.unreachable(String(error));
  const server = new ControlServer(listen({ path }, { mode: 0o600 }), { carryOut, onError });
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { path, server };
}

const STATUS = '{"protocol":1,"command":"status"}\n';

test('who has connected before it closes is answered still, and may hear that another has taken over', async () => {
  let isOver = false;
  const { path, server } = started(() => {
    if (isOver) throw new TakenOver('ask again');
    return {};
  });
  const [silent, kept] = [connect(path), connect(path)];
  await Promise.all([once(silent, 'connect'), once(kept, 'connect')]);
  kept.write(STATUS);
  await once(kept, 'data');
  isOver = true;
  server.close();
  silent.write(STATUS);
  expect(await Promise.all([text(silent), text(kept)])).toEqual([
    '{"ok":false,"error":"ask again","again":true}\n',
    '',
  ]);
});

test('parts come before the answer, each when the one before has been taken', async () => {
  const taken: boolean[] = [];
  const part = 'x'.repeat(100_000);
  const { path } = started(async (_order, take) => {
    for (let i = 0; i < 30; i++) taken.push(await take(part));
    return { message: 'done' };
  });
  const client = await ControlClient.connect(path);
  let length = 0;
  const answer = await client.ask({ command: 'status', arguments: {} }, (received) => {
    length += received.length;
  });
  expect([answer, length]).toEqual([{ ok: true, result: { message: 'done' } }, 30 * part.length]);
  expect(taken.every((isTaken) => isTaken)).toBe(true);
  client.close();
});

test('of one that does not read there is one part at a time, and its end is told', async () => {
  let tried = 0;
  let onEnd = (): void => {};
  const ended = new Promise<void>((resolve) => {
    onEnd = resolve;
  });
  const { path } = started(async (_order, take) => {
    do tried += 1;
    while (await take('x'.repeat(100_000)));
    onEnd();
    return {};
  });
  const client = connect(path);
  client.pause();
  client.write(STATUS);
  const seen = new Set<number>();
  // It goes on until the kernel takes no more.
  while (!seen.has(tried) || tried === 0) {
    seen.add(tried);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(tried).toBeLessThan(100);
  client.destroy();
  await ended;
});
