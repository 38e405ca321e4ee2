/** Logs whose reader has stopped, as a log driver or a terminal does: nobody waits for it, and it is told what it missed. */
import { describe, expect, test } from 'vitest';
import { CLASSES } from '../suites/classes.ts';
import { eventually } from './files.ts';
import { ask } from './http-client.ts';
import { childrenOf } from './process-table.ts';
import { type QilinProcess, startQilin } from './server.ts';

const APP = 'test/processes/fixtures/fetch-app.mjs';
const FORMAT = ['--access-logfile', '-', '--access-logformat', 'access %(q)s %(a)s end'];
/** A line of the access log takes about so many bytes. */
const LONG = 'x'.repeat(3_000);

/** What reads stdout and stderr of a server, and can be stopped. */
interface Reader {
  stop(): void;
  goOn(): void;
}

/** The arbiter's pid, which is not that of a shell around it. */
const arbiterOf = (server: QilinProcess) => Number(/Listening at: \S+ \((\d+)\)/.exec(server.log)?.[1]);

interface Stream {
  readonly name: string;
  readonly launcher: readonly string[];
  readerOf(server: QilinProcess): Reader;
}

const STREAMS: readonly Stream[] = [
  {
    name: 'a socket',
    launcher: [],
    readerOf: ({ child: { stdout, stderr } }) => ({
      stop: () => [stdout, stderr].forEach((stream) => void stream?.pause()),
      goOn: () => [stdout, stderr].forEach((stream) => void stream?.resume()),
    }),
  },
  {
    name: 'a pipe',
    launcher: ['sh', '-c', '"$@" 2>&1 | cat', 'sh'],
    readerOf: (server) => {
      const cat = childrenOf(server.pid).find((pid) => pid !== arbiterOf(server));
      if (cat === undefined) throw new Error('the shell has not started cat');
      return { stop: () => process.kill(cat, 'SIGSTOP'), goOn: () => process.kill(cat, 'SIGCONT') };
    },
  },
];

/** So many requests, by eight clients; resolves when all are answered, and rightly. */
async function askMany({ url }: QilinProcess, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, number) => number).values();
  const client = async () => {
    for (const number of numbers) {
      const { text } = await ask(`${url}/?${number}`, { headers: { 'User-Agent': LONG } });
      expect(text).toBe('hello\n');
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
}

/** The numbers of the requests that the access log has whole lines of. */
const loggedBy = (server: QilinProcess) =>
  [...server.log.matchAll(new RegExp(`^access (\\d+) ${LONG} end$`, 'gm'))].map((match) => Number(match[1]));

/** Lines that are neither of the access log nor of the error log, nor what an app printed: parts of torn ones. */
const tornLines = (server: QilinProcess) =>
  server.log
    .trimEnd()
    .split('\n')
    .filter((line) => !/^access \S* \S+ end$|^\[\d{4}-\d\d-\d\d [^\]]+\] \[\d+\] \[[A-Z]+\] \S/.test(line));

describe.each(STREAMS)('$name whose reader has stopped', ({ launcher, readerOf }) => {
  describe.each(CLASSES)('class $name', ({ flags }) => {
    test('holds up neither answers nor a reload nor the end', async () => {
      const print = ['--capture-output', '--log-level', 'debug'];
      await using server = await startQilin([...flags, '-w', '2', ...FORMAT, ...print, APP], { launcher });
      const arbiter = arbiterOf(server);
      const { url } = server;
      const before = new Set(server.workerPids);
      const reader = readerOf(server);
      reader.stop();
      await askMany(server, 100);
      // More than a pipe holds, in messages of the error log.
      for (let turn = 0; turn < 20; turn++) await ask(`${url}/print?text=${'y'.repeat(4_000)}`);
      process.kill(arbiter, 'SIGHUP');
      process.kill(arbiter, 'SIGUSR1');
      await eventually(async () => !before.has(Number((await ask(`${url}/pid`)).text)), 'an answer of a new worker');
      process.kill(arbiter, 'SIGTERM');
      await eventually(() => !server.running.includes(arbiter), 'the end of the arbiter');
      reader.goOn();
      await server.exited;
      expect(tornLines(server)).toEqual([]);
    });
  });

  test('is told afterwards how many lines it missed, in each of the logs', async () => {
    await using server = await startQilin(['-w', '1', ...FORMAT, APP], { launcher });
    const reader = readerOf(server);
    reader.stop();
    const count = 1_000;
    await askMany(server, count);
    reader.goOn();
    const [, dropped] = await server.logged(/\[WARNING\] (\d+) lines of the access log were dropped/);
    const isAll = () => loggedBy(server).length + Number(dropped) === count;
    await server.until(isAll, 'all lines that were not dropped');
    expect(Number(dropped)).toBeGreaterThan(0);
    expect(tornLines(server)).toEqual([]);
    await ask(`${server.url}/?again`, { headers: { 'User-Agent': 'curl' } });
    await server.logged(/^access again curl end$/m);
    expect(server.log.match(/were dropped/g)).toHaveLength(1);
  });
});
