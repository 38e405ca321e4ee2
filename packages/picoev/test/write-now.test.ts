import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeNow } from '../src/index.ts';

const PIECE = new Uint8Array(4096).fill(0x78);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'picoev-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes until nothing more is taken. */
function fill(fd: number): { readonly bytes: number; readonly error: unknown } {
  let bytes = 0;
  try {
    for (;;) bytes += writeNow(fd, PIECE);
  } catch (error) {
    return { bytes, error };
  }
}

/** Both ends of a pipe whose flags say that writing waits. */
function waitingPipe(): { readonly reader: number; readonly writer: number } {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return {
    reader: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    writer: openSync(path, constants.O_WRONLY),
  };
}

describe('writeNow', () => {
  test('takes the bytes of a view, whatever its elements are', () => {
    const path = join(folder, 'views');
    const fd = openSync(path, 'w');
    const kinds = [Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Int32Array, Float32Array, Float64Array];
    for (const Kind of kinds) {
      const bytes = new Uint8Array(16).fill(0x78);
      const view = new Kind(bytes.buffer);
      // Only its bytes are asked of it.
      expect([Kind.name, writeNow(fd, view as unknown as Uint8Array)]).toEqual([Kind.name, 16]);
    }
    const views = [new BigInt64Array(2), new BigUint64Array(2)];
    for (const view of views) expect(writeNow(fd, view as unknown as Uint8Array)).toBe(16);
    closeSync(fd);
    expect(readFileSync(path).length).toBe(16 * (kinds.length + views.length));
  });

  test('fills a pipe and then says EAGAIN, though a write to it would wait', () => {
    const { reader, writer } = waitingPipe();
    const { bytes, error } = fill(writer);
    expect(bytes).toBeGreaterThanOrEqual(4096);
    expect(error).toMatchObject({ code: 'EAGAIN', syscall: 'write' });
    expect(readSync(reader, Buffer.alloc(4096))).toBe(4096);
    expect(writeNow(writer, PIECE.subarray(0, 10))).toBe(10);
    closeSync(reader);
    closeSync(writer);
  });

  test('says EPIPE when nobody reads', () => {
    const { reader, writer } = waitingPipe();
    closeSync(reader);
    expect(() => writeNow(writer, PIECE)).toThrow(expect.objectContaining({ code: 'EPIPE' }));
    closeSync(writer);
  });

  // A child's stdin is a socket, as are the standard streams of what Node or systemd starts.
  test('fills a socket and then says EAGAIN', async () => {
    const program = `
      const { writeNow } = await import('${join(import.meta.dirname, '../dist/index.js')}');
      let bytes = 0;
      try { for (;;) bytes += writeNow(1, new Uint8Array(4096)); }
      catch ({ code }) { process.stderr.write(code + ' after ' + (bytes > 0)); }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pause();
    const [told] = await once(child.stderr, 'data');
    expect(String(told)).toBe('EAGAIN after true');
    child.stdout.resume();
    await once(child, 'close');
  });

  test('writes to a file', () => {
    const path = join(folder, 'file');
    const fd = openSync(path, 'w');
    expect(writeNow(fd, Buffer.from('text'))).toBe(4);
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('text');
  });

  test('says what is wrong with a descriptor', () => {
    expect(() => writeNow(1_000_000, PIECE)).toThrow(
      expect.objectContaining({ code: 'EBADF', message: expect.stringContaining('descriptor 1000000') }),
    );
    expect(() => writeNow(-1, PIECE)).toThrow(RangeError);
  });
});
