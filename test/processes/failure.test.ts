/** Workers that block, die or never start: what the server does about them. */
import { describe, expect, test } from 'vitest';
import { Load } from './clients.ts';
import { write } from './files.ts';
import { ask, RawConnection } from './http-client.ts';
import { servedBy } from './requests.ts';
import { type QilinProcess, runQilin, startQilin, temporaryFolder } from './server.ts';

const APP = 'test/fixtures/app.mjs:app';

/** Seconds on the monotonic clock, for what must happen within a time. */
const now = () => performance.now() / 1000;

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

async function block(server: QilinProcess): Promise<RawConnection> {
  const connection = await RawConnection.open(server.port);
  connection.send('GET /block?announce HTTP/1.1\r\nHost: test\r\n\r\n');
  await server.logged(/began \/block/);
  return connection;
}

describe('a worker that blocks its event loop', () => {
  // From then on it is the machine that counts: what a process takes to boot.
  test('is replaced as soon as `timeout` has passed, before it has gone, while the others serve every request', async () => {
    await using server = await startQilin(['-w', '2', '--timeout', '2', APP]);
    const before = server.workerPids;
    using connection = await block(server);
    await using load = new Load(server.port, { keepAlive: 4, oneShot: 4 });
    await load.progress(100);
    expect(server.log).not.toContain('TIMEOUT');
    await servedBy(server, (pid) => !before.includes(pid));
    await connection.ended;
    await load.stop();
    expect(load.faults).toBe('');
    const inThisOrder = [
      /\[CRITICAL\] WORKER TIMEOUT \(pid: \d+\): no heartbeat for \d+\.\d s \(timeout 2 s\)/,
      /Booting worker/,
      /Worker exited/,
    ];
    expect(server.log).toMatch(new RegExp(inThisOrder.map(({ source }) => source).join('[^]*')));
  });

  test('is told of with the line that was running, in the source as it was written', async () => {
    using folder = temporaryFolder();
    const code = `// Comments and types are gone when it runs.
      interface Wait { readonly forever: boolean }
      const spin = ({ forever }: Wait): void => {
        while (forever);
      };
      const match = (text: string): boolean => /^(a+)+$/.test(text);
      export default (request: Request): Response => {
        if (request.url.endsWith('/spin')) spin({ forever: true });
        return new Response(String(match('a'.repeat(50) + 'b')));
      };
    `;
    const app = write(folder.path, 'app.ts', code);
    await using server = await startQilin(['--timeout', '1', app]);
    for (const { path, frames } of [
      { path: '/spin', frames: / at spin \(.*app\.ts:4:\d+\)\n {4}at .*app\.ts:8:\d+\)\n/ },
      { path: '/match', frames: / {4}at match \(.*app\.ts:6:\d+\)\n {4}at .*app\.ts:9:\d+\)\n/ },
    ]) {
      const from = server.log.length;
      using connection = await RawConnection.open(server.port);
      connection.send(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
      await connection.ended;
      const told = await server.logged(
        /\[CRITICAL\] The event loop of worker (\d+) has been blocked for 1\.\d s/,
        from,
      );
      expect(server.log.slice(from)).toMatch(frames);
      await server.logged(new RegExp(`Worker exited \\(pid: ${told[1]}, signal SIGKILL\\)`), from);
    }
  });

  test('while it boots is given more time than `timeout`', async () => {
    using folder = temporaryFolder();
    const code = `const end = Date.now() + 1_500;\nwhile (Date.now() < end);\nexport default (req, res) => res.end('slow');\n`;
    const app = write(folder.path, 'app.mjs', code);
    await using server = await startQilin(['--timeout', '0.5', app]);
    expect((await ask(server.url)).text).toBe('slow');
    expect(server.log).not.toMatch(/TIMEOUT|has been blocked/);
  });

  test('is killed at gracefulTimeout when the server is told to stop', async () => {
    await using server = await startQilin(['--timeout', '0', '--graceful-timeout', '0.2', APP]);
    using _ = await block(server);
    expect(await server.stop()).toEqual({ status: 0, signal: null });
    expect(server.running).toEqual([]);
  });
});

describe('a worker that dies', () => {
  test('is replaced at once the first time', async () => {
    await using server = await startQilin(['-w', '2', APP]);
    const [first = 0] = server.workerPids;
    process.kill(first, 'SIGKILL');
    await server.until(() => server.workerPids.length === 3, 'a third worker');
    expect(server.log).not.toContain('Next worker in');
    expect(server.log).toContain(`Worker exited (pid: ${first}, signal SIGKILL)`);
    await servedBy(server, (pid) => pid === server.workerPids[2]);
  });

  test('again and again soon after it is ready is replaced ever later: after 0 s, 1 s, 2 s', async () => {
    using folder = temporaryFolder();
    const code = `setTimeout(() => process.exit(1), 100);\nexport const app = (req, res) => res.end();\n`;
    const app = write(folder.path, 'app.mjs', code);
    await using server = await startQilin([`${app}:app`]);
    const bootedAt: number[] = [];
    for (const worker of [2, 3, 4]) {
      await server.until(() => server.workerPids.length >= worker, `worker ${worker}`);
      bootedAt.push(now());
    }
    const [second = 0, third = 0, fourth = 0] = bootedAt;
    expect(third - second).toBeGreaterThan(1);
    expect(fourth - third).toBeGreaterThan(2);
    expect(server.workerPids).toHaveLength(4);
    expect(server.log.match(/Booting worker|Next worker in \d+ s/g)?.slice(0, 6)).toEqual([
      ...['Booting worker', 'Booting worker'],
      ...['Next worker in 1 s', 'Booting worker'],
      ...['Next worker in 2 s', 'Booting worker'],
    ]);
  });

  test('by an uncaught error is named with the stack, answers what it has, and is replaced', async () => {
    using folder = temporaryFolder();
    const code = `export const app = (req, res) => {
      if (req.url === '/pid') return res.end(String(process.pid));
      setTimeout(() => res.end('answered all the same'), 50);
      if (req.url === '/fails') setTimeout(() => { throw new Error('nobody catches this'); }, 0);
    };\n`;
    const app = write(folder.path, 'app.mjs', code);
    await using server = await startQilin([`${app}:app`]);
    const [first = 0] = server.workerPids;
    using connection = await RawConnection.open(server.port);
    using failing = await RawConnection.open(server.port);
    connection.send('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    failing.send('GET /fails HTTP/1.1\r\nHost: test\r\n\r\n');
    await connection.until(/Connection: close[\s\S]*answered all the same$/);
    // Whose request has failed is known from Node 24 on: uncaught.test.ts.
    await failing.until(/^HTTP\/1\.1 (?:200|500) [\s\S]*Connection: close/i);
    expect(server.log).toMatch(/Uncaught exception, the worker leaves: Error: nobody catches this\n +at .*app\.mjs/);
    await servedBy(server, (pid) => pid !== first);
  });
});

describe('a first start that fails', () => {
  const FAULTS = [
    {
      name: 'an app that throws',
      code: `throw new Error('no database');\n`,
      status: 3,
      says: /Error: no database\n +at .*app\.mjs/g,
    },
    {
      name: 'an app that ends the process',
      code: 'process.exit(7);\n',
      status: 3,
      says: /the first worker failed to boot/g,
    },
    { name: 'an export that is missing', code: 'export const other = 1;\n', status: 4, says: /has no export "app"/g },
  ];

  test.each(FAULTS)('$name ends the server with status $status, told once', async ({ code, status, says }) => {
    using folder = temporaryFolder();
    write(folder.path, 'app.mjs', code);
    const args = ['-w', '3', '--bind', 'unix:server.sock', 'app.mjs:app'];
    const ended = await runQilin(args, { cwd: folder.path });
    expect(ended).toMatchObject({ status, signal: null });
    expect(count(ended.output, says), ended.output).toBe(1);
    expect(ended.output).not.toMatch(/Booting worker[\s\S]*Worker exited[\s\S]*Booting worker/);
  });
});
