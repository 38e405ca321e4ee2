/**
 * What an arbiter is given at its start besides its settings: the listening sockets of the arbiter that started it (USR2),
 * or those that systemd passes. Both travel as inherited descriptors, named in the environment.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { addressOf } from '@qilin/picoev';
import type { Address } from '../contract/address.ts';
import type { Sockets } from './sockets.ts';

/** JSON: the sockets that a new arbiter inherits. */
const SOCKETS = 'QILIN_SOCKETS';
/** Pid of the arbiter that started this one. */
const PREDECESSOR = 'QILIN_PREDECESSOR';

/** First descriptor after stdin, stdout and stderr: of our sockets, and of systemd's (sd_listen_fds(3)). */
const FIRST_FD = 3;

export interface Inheritance {
  readonly sockets: Sockets;
  /** The arbiter that started this one, if one did. */
  readonly predecessor: number | undefined;
  /** The addresses that systemd passed, which stand in for the setting `bind`; undefined when it passed none. */
  readonly bind: readonly Address[] | undefined;
}

/** What this process was given at its start. Takes the variables out of `env`, so that no child takes them for its own. */
export function takeInheritance(env: NodeJS.ProcessEnv, pid: number, parent: number): Inheritance {
  const { [SOCKETS]: sockets, [PREDECESSOR]: predecessor, LISTEN_FDS: count, LISTEN_PID: addressee } = env;
  for (const name of [SOCKETS, PREDECESSOR, 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name];
  if (sockets !== undefined && Number(predecessor) === parent) {
    return { sockets: JSON.parse(sockets), predecessor: parent, bind: undefined };
  }
  if (count !== undefined && Number(addressee) === pid) {
    const inherited = Array.from({ length: Number(count) }, (_, index) => inheritedSocket(FIRST_FD + index));
    return { sockets: inherited, predecessor: undefined, bind: inherited.map(({ requested }) => requested) };
  }
  return { sockets: [], predecessor: undefined, bind: undefined };
}

function inheritedSocket(fd: number) {
  const found = addressOf(fd);
  const actual: Address =
    'path' in found ? { kind: 'unix', path: found.path } : { kind: 'tcp', host: found.host, port: found.port };
  return { fd, requested: { kind: 'fd', fd } as const, actual };
}

/** Starts the same command again, with the sockets and a channel on which it can say why it does not start. */
export function spawnHeir(sockets: Sockets, cwd: string): ChildProcess {
  const lent = sockets.map((socket, index) => ({ ...socket, fd: FIRST_FD + index }));
  return spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    cwd,
    env: { ...process.env, [SOCKETS]: JSON.stringify(lent), [PREDECESSOR]: String(process.pid) },
    stdio: ['ignore', 'inherit', 'inherit', ...sockets.map(({ fd }) => fd), 'ipc'],
  });
}
