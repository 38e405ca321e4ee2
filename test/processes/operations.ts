/** What an operator, or the kernel, does to a server that clients are at work with. Each resolves when it is done. */
import { clientPortsOf, type Load } from './clients.ts';
import { eventually } from './files.ts';
import { ask } from './http-client.ts';
import { hasStopped } from './process-table.ts';
import type { QilinProcess } from './server.ts';

/** The arbiter that listened last of those that are there: after an upgrade, the new one. */
export function arbiterPid(server: QilinProcess): number {
  const pids = [...server.log.matchAll(/Listening at: .+ \((\d+)\)/g)].map(([, pid]) => Number(pid));
  const [last] = pids.filter(isThere).slice(-1);
  if (last === undefined) throw new Error(`there is no arbiter:\n${server.log}`);
  return last;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Sends it and waits until it is taken: the kernel makes one of two equal signals that wait. */
export async function signal(
  server: QilinProcess,
  name: 'HUP' | 'TTIN' | 'TTOU' | 'USR2' | 'WINCH' | 'TERM',
): Promise<void> {
  const from = server.log.length;
  process.kill(arbiterPid(server), `SIG${name}`);
  await server.logged(new RegExp(`Handling signal: ${name.toLowerCase()}`), from);
}

const count = (server: QilinProcess, from: number, pattern: RegExp) =>
  server.log.slice(from).match(pattern)?.length ?? 0;

export async function reload(server: QilinProcess): Promise<void> {
  const from = server.log.length;
  await signal(server, 'HUP');
  await server.logged(/Reload done/, from);
}

export async function addTwoAndTakeThreeAway(server: QilinProcess, load: Load): Promise<void> {
  const from = server.log.length;
  for (const _ of [1, 2]) await signal(server, 'TTIN');
  await server.until(() => count(server, from, /Booting worker/g) >= 2, 'two more workers');
  await load.progress(500);
  for (const _ of [1, 2, 3]) await signal(server, 'TTOU');
  await server.until(() => count(server, from, /Worker exited/g) >= 3, 'the exit of three workers');
  await load.progress(200);
  await signal(server, 'TTIN');
}

/** Ends workers without warning, and forgives what they had in hand. @param pids default one of them, by chance */
export async function kill(server: QilinProcess, load: Load, pids?: readonly number[]): Promise<void> {
  const from = server.log.length;
  const killed = pids ?? [Number((await ask(`${server.url}/pid`)).text)];
  for (const pid of killed) await stopAndForgive(server, load, pid);
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  for (const pid of killed) await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, signal SIGKILL\\)`), from);
}

/** Stops a worker, and forgives what it has in hand then: it is going to be killed. */
export async function stopAndForgive(server: QilinProcess, load: Load, pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await eventually(() => hasStopped(pid), 'all threads of the worker have stopped');
  load.forgive(clientPortsOf(pid, server.port));
}

/** The whole of an upgrade: a new arbiter, then no more workers of the old one, then no old one. */
export async function handOver(server: QilinProcess, load: Load): Promise<void> {
  const from = server.log.length;
  const old = arbiterPid(server);
  await signal(server, 'USR2');
  await server.logged(/Ready: /, from);
  await load.progress(300);
  process.kill(old, 'SIGWINCH');
  await server.until(() => count(server, from, /Worker exited/g) >= 2, "the exit of the old arbiter's workers");
  await load.progress(300);
  process.kill(old, 'SIGTERM');
  await server.logged(new RegExp(`Arbiter ${old} has gone; this one takes its place`), from);
}
