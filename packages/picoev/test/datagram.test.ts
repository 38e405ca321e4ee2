/** Datagrams that nobody can receive say why; test/processes/notify.test.ts has those that arrive. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeFd, listen, sendDatagram } from '@qilin/picoev';
import { expect, test } from 'vitest';

test.each([
  ['nobody is there', '/nowhere/notify', 'ENOENT'],
  ['the path is longer than a socket can have', `/${'x'.repeat(200)}`, 'ENAMETOOLONG'],
  ['there is no path', '', 'EINVAL'],
])('%s: an error with its code', (_, path, code) => {
  expect(() => sendDatagram(path, 'READY=1')).toThrow(expect.objectContaining({ code }));
});

test.skipIf(process.platform !== 'linux')('an abstract name, which Linux has, is looked for as one', () => {
  expect(() => sendDatagram('@qilin-nobody', 'READY=1')).toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }));
});

test('a socket of streams is none of datagrams', () => {
  const folder = mkdtempSync(join(tmpdir(), 'qilin-test-'));
  const path = join(folder, 'stream');
  const fd = listen({ path });
  expect(() => sendDatagram(path, 'READY=1')).toThrow(expect.objectContaining({ code: 'EPROTOTYPE' }));
  closeFd(fd);
  rmSync(folder, { recursive: true });
});
