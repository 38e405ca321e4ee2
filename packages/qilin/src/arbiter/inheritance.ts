/**
 * What an arbiter is given at its start besides its settings: the listening sockets of the arbiter that started it (USR2),
 * or those that systemd passes. Both travel as inherited descriptors, named in the environment. Invariant: what is taken
 * over has been asked of the descriptors themselves. Who started this process proves nothing: it may be dead by now.
 */
import type { ChildProcess } from 'node:child_process';
import { listen } from '@qilin/picoev';
import { type Address, actualAddress, formatAddress } from '../contract/address.ts';
import { QilinError, reasonOf } from '../contract/errors.ts';
import { readAddress } from '../settings/bind.ts';
import type { Socket, Sockets } from './sockets.ts';
import { spawnChild } from './spawn-child.ts';

/** JSON, as `Heritage`: the sockets that a new arbiter inherits. */
const SOCKETS = 'QILIN_SOCKETS';
/** Pid of the arbiter that started this one. */
const PREDECESSOR = 'QILIN_PREDECESSOR';

/** Whether a process with this environment is the new arbiter of an upgrade. */
export const isHeir = (env: NodeJS.ProcessEnv): boolean => env[PREDECESSOR] !== undefined;

/** First descriptor after stdin, stdout and stderr: of our sockets, and of systemd's (sd_listen_fds(3)). */
const FIRST_FD = 3;

export interface Inheritance {
  readonly sockets: Sockets;
  /** The socket where the arbiter itself is asked (setting `adminBind`), if that arbiter had one. */
  readonly admin: Socket | undefined;
  /** The control socket (setting `controlSocket`), likewise. */
  readonly control: Socket | undefined;
  /** The arbiter that started this one, if one did. It may have gone already. */
  readonly predecessor: number | undefined;
  /** The addresses that systemd passed, which stand in for the setting `bind`; undefined when it passed none. */
  readonly bind: readonly Address[] | undefined;
}

/** Of one that nobody gave anything. */
const NOTHING = { sockets: [], admin: undefined, control: undefined, predecessor: undefined, bind: undefined };

/** Addresses and file of a socket. */
type Named = readonly [requested: string, actual: string, file: string];

/** In the environment of a new arbiter: its sockets, in the order of the descriptors; those of `adminBind` and `controlSocket` are the last. */
interface Heritage {
  /** Whether they came from systemd, and stand in for the setting `bind`. */
  readonly activated: boolean;
  readonly sockets: readonly Named[];
  /** Missing where the old arbiter is of a version that knows none. */
  readonly admin?: Named | null;
  readonly control?: Named | null;
}

/**
 * What this process was given at its start. Takes the variables out of `env`, so that no child takes them for its own.
 * @param backlog Set anew for the sockets: the settings may have changed.
 * @throws QilinError INHERITANCE when the variables name what was not given to this process
 */
export function takeInheritance(env: NodeJS.ProcessEnv, pid: number, backlog: number): Inheritance {
  const { [SOCKETS]: sockets, [PREDECESSOR]: predecessor, LISTEN_FDS: count, LISTEN_PID: addressee } = env;
  for (const name of [SOCKETS, PREDECESSOR, 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name];
  if (sockets !== undefined) return inheritFrom(readPid(predecessor), readHeritage(sockets), backlog);
  if (count !== undefined && Number(addressee) === pid) return takeActivated(count, backlog);
  return NOTHING;
}

function inheritFrom(predecessor: number, heritage: Heritage, backlog: number): Inheritance {
  const sockets = heritage.sockets.map((named, index) => inherit(named, FIRST_FD + index, backlog));
  const behind = FIRST_FD + sockets.length;
  const admin = heritage.admin ? inherit(heritage.admin, behind, backlog) : undefined;
  const control = heritage.control
    ? inherit(heritage.control, behind + (admin === undefined ? 0 : 1), backlog)
    : undefined;
  return {
    sockets,
    admin,
    control,
    predecessor,
    bind: heritage.activated ? sockets.map((each) => each.requested) : undefined,
  };
}

function inherit([requested, actual, file]: Named, fd: number, backlog: number): Socket {
  const socket = adopt(SOCKETS, fd, addressIn(requested), backlog);
  const found = formatAddress(socket.actual);
  if (found !== actual) throw refuse(SOCKETS, `descriptor ${fd} listens at ${found}, not at ${actual}`);
  return { ...socket, file };
}

function takeActivated(count: string, backlog: number): Inheritance {
  if (!/^\d{1,4}$/.test(count)) throw refuse('LISTEN_FDS', `it must be their number (got "${count}")`);
  const sockets = Array.from({ length: Number(count) }, (_, index) => {
    const fd = FIRST_FD + index;
    return adopt('LISTEN_FDS', fd, { kind: 'fd', fd }, backlog);
  });
  return { ...NOTHING, sockets, bind: sockets.map(({ requested }) => requested) };
}

/** A socket that listens, with the address that the kernel has for it. */
function adopt(variable: string, fd: number, requested: Address, backlog: number) {
  try {
    listen({ fd }, { backlog });
    return { fd, requested, actual: actualAddress(fd, { kind: 'fd', fd }), file: '' };
  } catch (cause) {
    throw refuse(variable, reasonOf(cause));
  }
}

function refuse(variable: string, why: string): QilinError {
  return new QilinError(
    'INHERITANCE',
    `${variable} must name listening sockets that this process was started with: ${why}.`,
  );
}

function readPid(text = ''): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw refuse(SOCKETS, `${PREDECESSOR} must be the pid of the arbiter that they come from (got "${text}")`);
}

function addressIn(text: string): Address {
  const read = readAddress(text);
  if (!read.ok) throw refuse(SOCKETS, `"${text}" is no address`);
  return read.value;
}

function readHeritage(text: string): Heritage {
  try {
    const value: unknown = JSON.parse(text);
    if (isHeritage(value)) return value;
  } catch {
    // Text that is no JSON is refused as any other is.
  }
  throw refuse(SOCKETS, `it must be what another arbiter has written (got ${JSON.stringify(text.slice(0, 100))})`);
}

function isHeritage(value: unknown): value is Heritage {
  if (typeof value !== 'object' || value === null) return false;
  if (!('activated' in value) || typeof value.activated !== 'boolean') return false;
  const own = ['admin' in value ? value.admin : null, 'control' in value ? value.control : null];
  if (!own.every((named) => named === null || isNamed(named))) return false;
  return 'sockets' in value && Array.isArray(value.sockets) && value.sockets.every(isNamed);
}

const isNamed = (value: unknown): value is Named =>
  Array.isArray(value) && value.length === 3 && value.every((text) => typeof text === 'string');

/** What an arbiter leaves to the one that it starts. */
export interface Estate {
  readonly sockets: Sockets;
  readonly admin: Socket | undefined;
  readonly control: Socket | undefined;
  /** Whether systemd passed the sockets. */
  readonly activated: boolean;
  /** Where the command was started. */
  readonly cwd: string;
}

/** Starts the same command again, with the sockets and a channel on which it can say why it does not start. */
export function spawnHeir({ sockets, admin, control, activated, cwd }: Estate): ChildProcess {
  const heritage: Heritage = {
    activated,
    sockets: sockets.map(nameOf),
    admin: admin === undefined ? null : nameOf(admin),
    control: control === undefined ? null : nameOf(control),
  };
  const given = [...sockets, admin, control].filter((socket) => socket !== undefined);
  return spawnChild(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    cwd,
    env: { ...process.env, [SOCKETS]: JSON.stringify(heritage), [PREDECESSOR]: String(process.pid) },
    stdio: ['ignore', 'inherit', 'inherit', ...given.map(({ fd }) => fd), 'ipc'],
  });
}

const nameOf = ({ requested, actual, file }: Socket): Named => [formatAddress(requested), formatAddress(actual), file];
