/** Error log and access log as files and streams: their lines, their reopening, and that none is lost. */
import { readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually, freePort, linesOf } from './files.ts';
import { ask } from './http-client.ts';
import { QilinProcess, startQilin, temporaryFolder } from './server.ts';

const APP = 'test/processes/fixtures/fetch-app.mjs';
const LINE = /^\[\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} [+-]\d{4}\] \[\d+\] \[(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\] \S/;

describe('the error log', () => {
  test("has Gunicorn's line for every message, with the time and the pid of who says it", async () => {
    await using server = await startQilin(['-w', '2', '--log-level', 'debug', APP]);
    expect((await server.stop()).status).toBe(0);
    const lines = server.log.trimEnd().split('\n');
    expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
    const pids = new Set(lines.map((line) => Number(/\] \[(\d+)\]/.exec(line)?.[1])));
    expect(pids).toEqual(new Set([server.pid, ...server.workerPids]));
  });

  test('has one JSON object a line with logFormat json, as the access log has', async () => {
    await using server = await startQilin(['--log-format', 'json', '--access-logfile', '-', APP]);
    await ask(`${server.url}/?a=1`, { headers: { 'User-Agent': 'test "client"' } });
    await ask(`${server.url}/throw`);
    expect((await server.stop()).status).toBe(0);
    const entries = server.log
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    const [worker] = server.workerPids;
    expect(entries[0]).toEqual({
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
      level: 'info',
      pid: server.pid,
      message: expect.stringMatching(/^Starting qilin/),
    });
    expect(entries).toContainEqual(
      expect.objectContaining({
        level: 'error',
        pid: worker,
        message: expect.stringContaining('Error: on purpose\n    at'),
      }),
    );
    expect(entries).toContainEqual(
      expect.objectContaining({
        pid: worker,
        client: '127.0.0.1',
        method: 'GET',
        path: '/',
        query: 'a=1',
        status: 200,
        bytes: 6,
        userAgent: 'test "client"',
      }),
    );
  });

  test("has what the app prints, with its worker's pid, under captureOutput", async () => {
    await using server = await startQilin(['--capture-output', APP]);
    await ask(`${server.url}/print?text=${encodeURIComponent('one\ntwo')}`);
    const [pid] = server.workerPids;
    for (const line of ['[INFO] one', '[INFO] two', '[ERROR] to stderr']) {
      await server.until(() => server.log.includes(`[${pid}] ${line}\n`), line);
    }
  });
});

describe('the access log', () => {
  test('has a line for every request that was answered before a graceful exit', async () => {
    using folder = temporaryFolder();
    const accessLog = join(folder.path, 'access.log');
    const format = ['--access-logfile', accessLog, '--access-logformat', '%(U)s %(q)s %(s)s'];
    await using server = await startQilin(['-w', '2', ...format, APP]);
    const { url } = server;
    const numbers = Array.from({ length: 500 }, (_, number) => number);
    const [asking, answered] = [numbers.values(), [] as number[]];
    const client = async () => {
      for (const number of asking) {
        await ask(`${url}/?${number}`);
        answered.push(number);
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect((await server.stop()).status).toBe(0);
    expect(answered).toHaveLength(500);
    expect(new Set(linesOf(accessLog))).toEqual(new Set(numbers.map((number) => `/ ${number} 200`)));
    expect(linesOf(accessLog)).toHaveLength(500);
  });
});

/** Whether anybody listens on a port of 127.0.0.1, found out by trying to. */
function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
  });
}

/** Where Node's inspector listens. */
const INSPECTOR = 9229;

describe('USR1', () => {
  test('has all processes reopen their files after a rotation, and no line is lost under load', async () => {
    using folder = temporaryFolder();
    const [accessLog, errorLog] = [join(folder.path, 'access.log'), join(folder.path, 'error.log')];
    const files = ['--access-logfile', accessLog, '--access-logformat', '%(q)s', '--log-file', errorLog];
    const address = `127.0.0.1:${await freePort()}`;
    await using server = new QilinProcess(['-w', '2', ...files, APP], { bind: address });
    await eventually(() => readFileSync(errorLog, 'utf8').includes('Ready: '), 'the server is ready');
    const url = `http://${address}`;
    let sent = 0;
    let stopped = false;
    const client = async () => {
      while (!stopped) await ask(`${url}/?${sent++}`);
    };
    const clients = [client(), client()];
    for (const rotation of [1, 2, 3]) {
      renameSync(accessLog, `${accessLog}.${rotation}`);
      renameSync(errorLog, `${errorLog}.${rotation}`);
      server.signal('SIGUSR1');
      await eventually(() => readFileSync(accessLog, 'utf8') !== '', 'lines in the new file');
    }
    stopped = true;
    await Promise.all(clients);
    expect((await server.stop()).status).toBe(0);
    const lines = ['.1', '.2', '.3', ''].flatMap((ending) => linesOf(`${accessLog}${ending}`));
    expect(lines.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, number) => number));
    expect(readFileSync(errorLog, 'utf8')).toContain('Shutting down: arbiter');
    expect(readFileSync(`${errorLog}.1`, 'utf8')).toContain('Starting qilin');
  });

  test("never starts Node's inspector, in the arbiter or in a worker that is told directly", async () => {
    expect(await isTaken(INSPECTOR)).toBe(false);
    await using server = await startQilin(['-w', '2', APP]);
    for (const pid of [server.pid, ...server.workerPids]) process.kill(pid, 'SIGUSR1');
    await server.logged(/Handling signal: usr1/);
    // Answers come after the signals, and from both workers.
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(`${server.url}/slow?ms=50`)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await isTaken(INSPECTOR)).toBe(false);
    expect((await server.stop()).status).toBe(0);
    expect(server.log).not.toContain('Debugger listening');
    expect(server.log).not.toContain('[ERROR]');
  });
});
