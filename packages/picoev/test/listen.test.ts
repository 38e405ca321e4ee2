import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Worker as Thread } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linux, notRoot } from '../../../test/needs.ts';
import {
  addressOf,
  closeFd,
  duplicateFd,
  type ListenAddress,
  type ListenOptions,
  listen,
  SocketError,
} from '../src/index.ts';
import { connect } from './clients.ts';

/** Who has an address that this process listens at; /proc tells. */
const BY_US = linux.isMissing ? '' : ` by \\S.* .pid ${process.pid}.`;

const open: number[] = [];
let folder: string;

function bind(address: ListenAddress, options?: ListenOptions): number {
  const fd = listen(address, options);
  open.push(fd);
  return fd;
}

function port(fd: number): number {
  const address = addressOf(fd);
  return 'port' in address ? address.port : -1;
}

function failure(action: () => unknown): SocketError {
  try {
    action();
  } catch (error) {
    if (error instanceof SocketError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'picoev-'));
});

afterEach(() => {
  for (const fd of open.splice(0)) closeFd(fd);
  rmSync(folder, { recursive: true });
});

describe('TCP', () => {
  test.each(['127.0.0.1', '::1'])('%s is listened at, and the chosen port is told', async (host) => {
    const fd = bind({ host, port: 0 });
    expect(addressOf(fd)).toEqual({ host, port: expect.toSatisfy((n: number) => n > 0) });
    (await connect(fd)).destroy();
  });

  test('a name is resolved', () => {
    expect(addressOf(bind({ host: 'localhost', port: 0 }))).toHaveProperty('host', expect.stringMatching(/^127|^::1$/));
  });

  test.each(['', '*'])('host %o is every IPv4 address, or every IPv6 one with ipv6Only', (host) => {
    expect(addressOf(bind({ host, port: 0 }))).toHaveProperty('host', '0.0.0.0');
    expect(addressOf(bind({ host, port: 0 }, { ipv6Only: true }))).toHaveProperty('host', '::');
  });

  test('IPv6 leaves IPv4 alone only with ipv6Only', () => {
    const both = port(bind({ host: '::', port: 0 }));
    expect(failure(() => listen({ host: '0.0.0.0', port: both })).code).toBe('EADDRINUSE');
    const only = port(bind({ host: '::', port: 0 }, { ipv6Only: true }));
    bind({ host: '0.0.0.0', port: only });
  });

  test('several sockets share a port with reusePort, and not without', () => {
    const shared = port(bind({ host: '127.0.0.1', port: 0 }, { reusePort: true }));
    bind({ host: '127.0.0.1', port: shared }, { reusePort: true });
    expect(failure(() => listen({ host: '127.0.0.1', port: shared })).code).toBe('EADDRINUSE');
  });

  test('a connection beyond the backlog waits outside', async () => {
    const fd = bind({ host: '127.0.0.1', port: 0 }, { backlog: 1 });
    const inside = [await connect(fd), await connect(fd)];
    const outside = net.connect(port(fd), '127.0.0.1');
    const first = await Promise.race([
      new Promise((resolve) => outside.once('connect', () => resolve('connected'))),
      new Promise((resolve) => setTimeout(resolve, 200, 'waits')),
    ]);
    for (const socket of [...inside, outside]) socket.destroy();
    expect(first).toBe('waits');
  });

  test('an error has a code, a number, the call and a sentence with the address', () => {
    const taken = port(bind({ host: '127.0.0.1', port: 0 }));
    const error = failure(() => listen({ host: '127.0.0.1', port: taken }));
    expect(error.message).toMatch(
      new RegExp(`^cannot bind 127.0.0.1:${taken}: address already in use${BY_US} .EADDRINUSE.$`),
    );
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', errno: -constants.errno.EADDRINUSE });
  });

  test.skipIf(linux.isMissing)(linux.named('a Node that calls its first thread so is told by its program'), () => {
    const comm = readFileSync('/proc/self/comm');
    writeFileSync('/proc/self/comm', 'MainThread');
    try {
      const taken = port(bind({ host: '127.0.0.1', port: 0 }));
      const { message } = failure(() => listen({ host: '127.0.0.1', port: taken }));
      expect(message).toContain(`in use by ${basename(process.execPath)} (pid ${process.pid})`);
    } finally {
      writeFileSync('/proc/self/comm', comm);
    }
  });

  test.skipIf(notRoot.isMissing)(notRoot.named('a port below 1024 that is refused says what to do'), () => {
    const { code, message } = failure(() => listen({ host: '127.0.0.1', port: 1 }));
    expect(code).toBe('EACCES');
    expect(message).toMatch(/: permission denied, since ports below 1024 are root's: take a higher one .* \(EACCES\)$/);
  });

  test('an IPv6 address is in brackets in an error', () => {
    const taken = port(bind({ host: '::1', port: 0 }));
    expect(failure(() => listen({ host: '::1', port: taken })).message).toContain(`cannot bind [::1]:${taken}: `);
  });

  test('a name that does not exist and an address of another machine are told apart', () => {
    expect(failure(() => listen({ host: 'nowhere.invalid', port: 0 }))).toMatchObject({
      code: expect.stringMatching(/^ENOTFOUND$|^EAI_AGAIN$/),
      syscall: 'getaddrinfo',
    });
    expect(failure(() => listen({ host: '192.0.2.1', port: 0 })).code).toBe('EADDRNOTAVAIL');
  });

  test.each([-1, 65_536, 1.5, Number.NaN])('port %d is refused with its value', (wrong) => {
    expect(() => listen({ host: '127.0.0.1', port: wrong })).toThrow(
      new RangeError(`port must be an integer between 0 and 65535 (got ${wrong}).`),
    );
  });
});

describe('unix sockets', () => {
  test('a path is listened at, with the permissions that are asked for', async () => {
    const path = join(folder, 'a.sock');
    const fd = bind({ path }, { mode: 0o620 });
    expect(addressOf(fd)).toEqual({ path });
    expect(statSync(path).mode & 0o777).toBe(0o620);
    (await connect(fd)).destroy();
  });

  test('without a mode the umask decides', () => {
    const path = join(folder, 'a.sock');
    bind({ path });
    // The umask of this process cannot be read in a worker thread without changing it: a file of 0o777 shows it.
    writeFileSync(join(folder, 'file'), '', { mode: 0o777 });
    expect(statSync(path).mode & 0o777).toBe(statSync(join(folder, 'file')).mode & 0o777);
  });

  test('a socket that a dead server left is replaced', async () => {
    const path = join(folder, 'a.sock');
    closeFd(listen({ path }));
    expect(statSync(path).isSocket()).toBe(true);
    (await connect(bind({ path }))).destroy();
  });

  test('a socket that is being served is in use', () => {
    const path = join(folder, 'a.sock');
    bind({ path });
    expect(failure(() => listen({ path })).message).toMatch(
      new RegExp(`^cannot bind unix:${path}: address already in use${BY_US} .EADDRINUSE.$`),
    );
    expect(statSync(path).isSocket()).toBe(true);
  });

  test.each(['file', 'symlink', 'folder'])('a %s in its place is an error and stays', (kind) => {
    const path = join(folder, 'a.sock');
    if (kind === 'file') writeFileSync(path, 'precious');
    if (kind === 'symlink') symlinkSync(join(folder, 'target'), path);
    const where = kind === 'folder' ? folder : path;
    expect(failure(() => listen({ path: where }))).toMatchObject({
      code: 'ENOTSOCK',
      message: `cannot bind unix:${where}: a file that is not a socket is in its place (ENOTSOCK)`,
    });
    if (kind === 'file') expect(statSync(path).size).toBe(8);
  });

  test('a path that is too long, or empty, or in no folder is told as such', () => {
    const long = join(folder, 'x'.repeat(120));
    expect(failure(() => listen({ path: long }))).toMatchObject({
      code: 'ENAMETOOLONG',
      message: expect.stringMatching(/may have 10[37] bytes, and this one has \d+/),
    });
    expect(failure(() => listen({ path: '' })).code).toBe('EINVAL');
    expect(failure(() => listen({ path: '\0abstract' })).code).toBe('EINVAL');
    expect(failure(() => listen({ path: join(folder, 'no/a.sock') })).code).toBe('ENOENT');
  });

  test.skipIf(notRoot.isMissing)(notRoot.named('a folder that may not be written is EACCES'), () => {
    chmodSync(folder, 0o500);
    expect(failure(() => listen({ path: join(folder, 'a.sock') })).code).toBe('EACCES');
    chmodSync(folder, 0o700);
  });
});

describe('inherited descriptors', () => {
  test('a listening socket is taken over', async () => {
    const fd = bind({ host: '127.0.0.1', port: 0 });
    expect(listen({ fd }, { backlog: 5 })).toBe(fd);
    (await connect(fd)).destroy();
  });

  test('anything else is told as what it is', async () => {
    const fd = bind({ host: '127.0.0.1', port: 0 });
    closeFd(bind({ host: '127.0.0.1', port: 0 }));
    const closed = open.pop() ?? -1;
    expect(failure(() => listen({ fd: closed }))).toMatchObject({
      code: 'EBADF',
      message: `cannot listen at descriptor ${closed}: bad file descriptor (EBADF)`,
    });
    const socket = await connect(fd);
    const { fd: connected } = (socket as unknown as { _handle: { fd: number } })._handle;
    expect(failure(() => listen({ fd: connected }))).toMatchObject({
      code: 'EINVAL',
      message: `cannot listen at descriptor ${connected}: it is a socket that does not listen (EINVAL)`,
    });
    socket.destroy();
    expect(failure(() => addressOf(closed)).code).toBe('EBADF');
    expect(failure(() => closeFd(closed)).code).toBe('EBADF');
  });
});

describe('a duplicate of a descriptor', () => {
  test('is the same socket, and may be closed without the first', async () => {
    const fd = bind({ host: '127.0.0.1', port: 0 });
    const duplicate = duplicateFd(fd);
    expect(duplicate).not.toBe(fd);
    expect(addressOf(duplicate)).toEqual(addressOf(fd));
    closeFd(duplicate);
    expect(failure(() => addressOf(duplicate)).code).toBe('EBADF');
    (await connect(fd)).destroy();
  });

  test('of a descriptor that is not open is EBADF', () => {
    const error = failure(() => duplicateFd(1_000_000));
    expect([error.code, error.message]).toEqual([
      'EBADF',
      'cannot duplicate descriptor 1000000: bad file descriptor (EBADF)',
    ]);
  });

  test('is closed with the thread that made it, however that ends, and not twice', async () => {
    const fd = bind({ host: '127.0.0.1', port: 0 });
    const thread = new Thread(new URL('fixtures/duplicates.mjs', import.meta.url), { workerData: { fd } });
    const [{ kept }] = await once(thread, 'message');
    expect(addressOf(kept)).toEqual(addressOf(fd));
    // It takes the number of the one that the thread has closed, and must outlive the thread.
    const other = openSync('/dev/null', 'r');
    await thread.terminate();
    expect(failure(() => addressOf(kept)).code).toBe('EBADF');
    closeSync(other);
    expect(addressOf(fd)).toMatchObject({ host: '127.0.0.1' });
  });
});
