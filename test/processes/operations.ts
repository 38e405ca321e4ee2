/** What an operator, or the kernel, does to a server that clients are at work with. Each resolves when it is done. */
import { clientPortsOf, type Load } from './clients.ts';
import { eventually } from './files.ts';
import { ask } from './http-client.ts';
import { hasStopped } from './process-table.ts';
import type { QilinProcess } from './server.ts';

/** The arbiter that listened last: after an upgrade, the new one. */
export function arbiterPid(server: QilinProcess): number {
  const [last] = [...server.log.matchAll(/Listening at: .+ \((\d+)\)/g)].slice(-1);
  return Number(last?.[1]);
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

/** Ends a worker without warning, and forgives what it had in hand. */
export async function kill(server: QilinProcess, load: Load): Promise<void> {
  const from = server.log.length;
  const pid = Number((await ask(`${server.url}/pid`)).text);
  process.kill(pid, 'SIGSTOP');
  await eventually(() => hasStopped(pid), 'all threads of the worker have stopped');
  load.forgive(clientPortsOf(pid, server.port));
  process.kill(pid, 'SIGKILL');
  await server.logged(new RegExp(`Worker exited \\(pid: ${pid}, signal SIGKILL\\)`), from);
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
