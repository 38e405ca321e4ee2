/**
 * What an arbiter is given at its start besides its settings: the listening sockets of the arbiter that started it (USR2),
 * or those that systemd passes. Both travel as inherited descriptors, named in the environment. Invariant: what is taken
 * over has been asked of the descriptors themselves. Who started this process proves nothing: it may be dead by now.
 */
import type { ChildProcess } from 'node:child_process';
import { type Address, formatAddress } from '../contract/address.ts';
import { readAddress } from '../settings/bind.ts';
import { adopt, type Named, notGiven, takeActivated } from './activation.ts';
import { storable } from './socket-store.ts';
import type { Socket, Sockets } from './sockets.ts';
import { spawnChild } from './spawn-child.ts';

/** JSON, as `Heritage`: the sockets that a new arbiter inherits. */
const SOCKETS = 'QILIN_SOCKETS';
/** Pid of the arbiter that started this one. */
const PREDECESSOR = 'QILIN_PREDECESSOR';

/** Whether a process with this environment is the new arbiter of an upgrade. */
export const isHeir = (env: NodeJS.ProcessEnv): boolean => env[PREDECESSOR] !== undefined;

/** First descriptor after stdin, stdout and stderr. */
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
  /** The same by their names, of which `bind` may pick: `fd://NAME`. */
  readonly named: Named;
  /** How many workers the arbiter before this one wanted; undefined where there was none. */
  readonly workers: number | undefined;
  /** The names of the sockets that systemd keeps (socket-store.ts), as far as is known here. */
  readonly stored: readonly string[];
}

/** Of one that nobody gave anything. */
const NOTHING: Inheritance = {
  sockets: [],
  admin: undefined,
  control: undefined,
  predecessor: undefined,
  bind: undefined,
  named: new Map(),
  workers: undefined,
  stored: [],
};

/** Addresses and file of a socket. */
type Described = readonly [requested: string, actual: string, file: string];

/** In the environment of a new arbiter: its sockets, in the order of the descriptors; those of `adminBind` and `controlSocket` are the last. */
interface Heritage {
  /** Whether they came from systemd, and stand in for the setting `bind`. */
  readonly activated: boolean;
  readonly sockets: readonly Described[];
  /** Missing where the old arbiter is of a version that knows none. */
  readonly admin?: Described | null;
  readonly control?: Described | null;
  readonly workers?: number;
  /** The names that systemd has passed with sockets, and their requested addresses. */
  readonly named?: readonly (readonly [name: string, addresses: readonly string[]])[];
}

/**
 * What this process was given at its start. Takes the variables out of `env`, so that no child takes them for its own.
 * @param backlog Set anew for the sockets: the settings may have changed.
 * @throws QilinError INHERITANCE when the variables name what was not given to this process
 */
export function takeInheritance(env: NodeJS.ProcessEnv, pid: number, backlog: number): Inheritance {
  const { [SOCKETS]: sockets, [PREDECESSOR]: predecessor } = env;
  const { LISTEN_FDS: count, LISTEN_PID: addressee, LISTEN_FDNAMES: names } = env;
  for (const name of [SOCKETS, PREDECESSOR, 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES']) delete env[name];
  if (sockets !== undefined) return inheritFrom(readPid(predecessor), readHeritage(sockets), backlog);
  if (count !== undefined && Number(addressee) === pid) return inheritActivated(count, names, backlog);
  return NOTHING;
}

function inheritActivated(count: string, names: string | undefined, backlog: number): Inheritance {
  const { activated, kept, named, stored } = takeActivated(count, names, backlog);
  const bind = activated.length > 0 ? activated.map(({ requested }) => requested) : undefined;
  return { ...NOTHING, sockets: [...activated, ...kept], bind, named, stored };
}

function inheritFrom(predecessor: number, heritage: Heritage, backlog: number): Inheritance {
  const sockets = heritage.sockets.map((named, index) => inherit(named, FIRST_FD + index, backlog));
  const behind = FIRST_FD + sockets.length;
  const admin = heritage.admin ? inherit(heritage.admin, behind, backlog) : undefined;
  const control = heritage.control
    ? inherit(heritage.control, behind + (admin === undefined ? 0 : 1), backlog)
    : undefined;
  // Beside those of systemd there can be others, where `bind` has picked by name.
  const activated = sockets.map((each) => each.requested).filter(({ kind }) => kind === 'fd');
  const named = new Map((heritage.named ?? []).map(([name, texts]) => [name, texts.map(addressIn)]));
  const bind = heritage.activated ? activated : undefined;
  const { workers } = heritage;
  return { sockets, admin, control, predecessor, bind, named, workers, stored: [...storable(sockets).keys()] };
}

function inherit([requested, actual, file]: Described, fd: number, backlog: number): Socket {
  const socket = adopt(SOCKETS, fd, addressIn(requested), backlog);
  const found = formatAddress(socket.actual);
  if (found !== actual) throw notGiven(SOCKETS, `descriptor ${fd} listens at ${found}, not at ${actual}`);
  return { ...socket, file };
}

function readPid(text = ''): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw notGiven(SOCKETS, `${PREDECESSOR} must be the pid of the arbiter that they come from (got "${text}")`);
}

function addressIn(text: string): Address {
  const read = readAddress(text);
  if (!read.ok) throw notGiven(SOCKETS, `"${text}" is no address`);
  return read.value;
}

function readHeritage(text: string): Heritage {
  try {
    const value: unknown = JSON.parse(text);
    if (isHeritage(value)) return value;
  } catch {
    // Text that is no JSON is refused as any other is.
  }
  throw notGiven(SOCKETS, `it must be what another arbiter has written (got ${JSON.stringify(text.slice(0, 100))})`);
}

function isHeritage(value: unknown): value is Heritage {
  if (typeof value !== 'object' || value === null) return false;
  if (!('activated' in value) || typeof value.activated !== 'boolean') return false;
  const own = ['admin' in value ? value.admin : null, 'control' in value ? value.control : null];
  if (!own.every((socket) => socket === null || isDescribed(socket))) return false;
  if ('workers' in value && !Number.isSafeInteger(value.workers)) return false;
  if ('named' in value && !(Array.isArray(value.named) && value.named.every(isNamed))) return false;
  return 'sockets' in value && Array.isArray(value.sockets) && value.sockets.every(isDescribed);
}

const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

const isDescribed = (value: unknown): value is Described => areTexts(value) && value.length === 3;

const isNamed = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && areTexts(value[1]);

/** What an arbiter leaves to the one that it starts. */
export interface Estate {
  readonly sockets: Sockets;
  readonly admin: Socket | undefined;
  readonly control: Socket | undefined;
  /** Whether systemd passed sockets. */
  readonly activated: boolean;
  readonly named: Named;
  /** How many are wanted. */
  readonly workers: number;
  /** Where the command was started. */
  readonly cwd: string;
}

/** Starts the same command again, with the sockets and a channel on which it can say why it does not start. */
export function spawnHeir({ sockets, admin, control, activated, named, workers, cwd }: Estate): ChildProcess {
  const heritage: Heritage = {
    activated,
    workers,
    sockets: sockets.map(describe),
    admin: admin === undefined ? null : describe(admin),
    control: control === undefined ? null : describe(control),
    named: [...named].map(([name, addresses]) => [name, addresses.map(formatAddress)]),
  };
  const given = [...sockets, admin, control].filter((socket) => socket !== undefined);
  return spawnChild(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    cwd,
    env: { ...process.env, [SOCKETS]: JSON.stringify(heritage), [PREDECESSOR]: String(process.pid) },
    stdio: ['ignore', 'inherit', 'inherit', ...given.map(({ fd }) => fd), 'ipc'],
  });
}

const describe = ({ requested, actual, file }: Socket): Described => [
  formatAddress(requested),
  formatAddress(actual),
  file,
];
