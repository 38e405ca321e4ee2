/** Workers that come and go under load: reloads, recycling, a kill. */
import { describe, expect, test } from 'vitest';
import { clientPortsOf, Load } from '../processes/clients.ts';
import { eventually } from '../processes/files.ts';
import { hasStopped } from '../processes/process-table.ts';
import { type QilinProcess, startQilin } from '../processes/server.ts';
import { type ClassUnderTest, FETCH_APP } from './classes.ts';
import { workerOf } from './requests.ts';

async function expectEveryAnswer(
  args: readonly string[],
  scenario: (server: QilinProcess, load: Load) => Promise<void>,
): Promise<void> {
  await using server = await startQilin(args);
  await using load = new Load(server.port, { keepAlive: 8, oneShot: 8 });
  await load.progress(100);
  await scenario(server, load);
  await load.progress(100);
  await load.stop();
  expect(load.faults).toBe('');
  expect((await server.stop()).status).toBe(0);
  expect(server.running).toEqual([]);
}

export function describeWorkers(underTest: ClassUnderTest): void {
  describe('16 clients get every answer', () => {
    const args = [...underTest.flags, '-w', '2', '--keep-alive', '0.5'];

    test('while the server is reloaded', () =>
      expectEveryAnswer([...args, FETCH_APP], async (server, load) => {
        for (let turn = 1; turn <= 2; turn++) {
          const from = server.log.length;
          server.signal('SIGHUP');
          await server.logged(/Reload done/, from);
          await load.progress(50);
        }
      }));

    test('while workers are replaced at maxRequests', () =>
      expectEveryAnswer([...args, '--max-requests', '100', FETCH_APP], async (server) => {
        await server.until(() => server.workerPids.length >= 5, 'three replacements');
      }));

    test('while workers are replaced at maxAge', () =>
      expectEveryAnswer([...args, '--max-age', '0.5', '--max-age-jitter', '0.5', FETCH_APP], async (server) => {
        await server.until(() => server.workerPids.length >= 5, 'three replacements');
        const ages = [...server.log.matchAll(/it has served for (\d+\.\d) s \(maxAge\)/g)].map((match) =>
          Number(match[1]),
        );
        expect(ages.length).toBeGreaterThanOrEqual(3);
        for (const age of ages) expect(age >= 0.5 && age <= 1, `served for ${ages.join(', ')} s`).toBe(true);
      }));

    test('while a worker is killed, except for what it had in hand', () =>
      expectEveryAnswer([...args, FETCH_APP], async (server, load) => {
        const from = server.log.length;
        const pid = await workerOf(server);
        process.kill(pid, 'SIGSTOP');
        // Each thread of it stops by itself, and accepts until then.
        await eventually(() => hasStopped(pid), 'all threads of the worker have stopped');
        load.forgive(clientPortsOf(pid, server.port));
        process.kill(pid, 'SIGKILL');
        await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, signal SIGKILL\\)`), from);
        await load.progress(100);
      }));
  });
}
