/**
 * What systemd is told of the server by sd_notify(3): that it is ready, reloads, stops; how it is, in a sentence; that its arbiter is
 * alive; and which process is the main one when an upgrade has made another. Where the unit has a store for them (FileDescriptorStoreMax=,
 * which systemd says by FDSTORE from 254 on) it keeps the listening sockets. Invariant: what has been told is told once, and a
 * message that cannot be sent costs a line of the log, never the service.
 */
import { sendDatagram } from '@qilin/picoev';
import { reasonOf } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import type { ServerState } from '../contract/status.ts';
import { type Milliseconds, toMilliseconds } from '../contract/units.ts';
import { newsOfStore } from './socket-store.ts';
import type { Sockets } from './sockets.ts';

/** Of the protocol; they are the arbiter's own, and no worker's. */
const VARIABLES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'FDSTORE'] as const;

/** The environment of a worker: with these variables an app would speak for the whole service. */
export function withoutNotification(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const rest = { ...env };
  for (const name of VARIABLES) delete rest[name];
  return rest;
}

/** How the server is, of what systemd may know. */
export interface Situation {
  readonly state: ServerState;
  /** A reload (HUP) is under way. */
  readonly isReloading: boolean;
  /** A sentence for `systemctl status`. */
  readonly status: string;
  /** The arbiter before this one is there still: what was told so far may not have been heard. */
  readonly isSuccessor: boolean;
  /** The new arbiter that serves, when this one leaves to it. */
  readonly heir: number | undefined;
  /** Those that are open for clients. */
  readonly sockets: Sockets;
}

interface Self {
  readonly pid: number;
  /** It is the new arbiter of an upgrade. */
  readonly isHeir: boolean;
  /** As in `Inheritance`. */
  readonly stored: readonly string[];
}

/**
 * The lines that tell what has changed.
 * @param before What was told last; undefined at the start.
 * @param monotonic Of CLOCK_MONOTONIC, in microseconds: the Type=notify-reload of systemd.service(5) compares it.
 */
export function newsOf(before: Situation | undefined, now: Situation, monotonic: bigint): readonly string[] {
  if (now.heir !== undefined) return before?.heir === now.heir ? [] : [`MAINPID=${now.heir}`];
  const isNew = before === undefined || before.isSuccessor !== now.isSuccessor;
  const phase = phaseOf(now);
  const lines: string[] = [];
  if (phase !== 'starting' && (isNew || phase !== phaseOf(before))) {
    if (phase === 'ready') lines.push('READY=1');
    else if (phase === 'reloading') lines.push('RELOADING=1', `MONOTONIC_USEC=${monotonic}`);
    else lines.push('STOPPING=1');
  }
  if (isNew || now.status !== before.status) lines.push(`STATUS=${inOneLine(now.status)}`);
  return lines;
}

/** A line break would begin another message, in whatever words an app has failed. */
const inOneLine = (text: string): string => text.replace(/\s+/g, ' ');

type Phase = 'starting' | 'ready' | 'reloading' | 'stopping';

function phaseOf({ state, isReloading }: Situation): Phase {
  if (state === 'starting') return 'starting';
  if (state !== 'serving') return 'stopping';
  return isReloading ? 'reloading' : 'ready';
}

/**
 * How often systemd wants to hear of this process: at half of WatchdogSec=, as sd_watchdog_enabled(3) advises; undefined for never.
 * @param isHeir The new arbiter of an upgrade, to whom the old one's pid in WATCHDOG_PID means itself.
 */
export function watchdogPause(env: NodeJS.ProcessEnv, pid: number, isHeir: boolean): Milliseconds | undefined {
  const { WATCHDOG_USEC: time = '', WATCHDOG_PID: addressee } = env;
  if (!/^[1-9]\d{0,15}$/.test(time)) return undefined;
  if (addressee !== undefined && Number(addressee) !== pid && !isHeir) return undefined;
  return toMilliseconds(Number(time) / 2e6);
}

export class Systemd {
  readonly #socket: string | undefined;
  readonly #pause: Milliseconds | undefined;
  readonly #look: () => Situation;
  readonly #log: () => Log;
  /** Names of the sockets that it keeps, and whether it keeps any. */
  readonly #stored: Set<string>;
  readonly #hasStore: boolean;
  #told: Situation | undefined;
  #aliveAt = Number.NEGATIVE_INFINITY;
  #hasFailed = false;

  /** @param stored Names of the sockets that it keeps for the server already. */
  constructor(env: NodeJS.ProcessEnv, { pid, isHeir, stored }: Self, look: () => Situation, log: () => Log) {
    this.#socket = env['NOTIFY_SOCKET'] || undefined;
    this.#pause = watchdogPause(env, pid, isHeir);
    this.#look = look;
    this.#log = log;
    this.#stored = new Set(stored);
    this.#hasStore = Number(env['FDSTORE']) > 0;
  }

  /** To be called after each change, and at each tick. A server of nobody's asks nothing. */
  follow(now: Milliseconds): undefined {
    if (this.#socket === undefined) return undefined;
    const situation = this.#look();
    // Not the main process yet: systemd would complain of each message.
    if (situation.isSuccessor && situation.state === 'starting') return;
    try {
      this.#keepSockets(situation);
      this.#tell(situation, now);
      this.#hasFailed = false;
    } catch (error) {
      // It is tried again at each tick.
      if (!this.#hasFailed) this.#log().warning(`systemd cannot be told how the server is: ${reasonOf(error)}`);
      this.#hasFailed = true;
    }
  }

  /** The two arbiters of an upgrade have the same sockets: the one that is the main process speaks of them. */
  #keepSockets({ sockets, state, isSuccessor, heir }: Situation): void {
    if (!this.#hasStore || isSuccessor || heir !== undefined) return;
    const { added, removed } = newsOfStore(this.#stored, sockets, state === 'draining' || state === 'stopping');
    for (const name of removed) {
      this.#send(`FDSTOREREMOVE=1\nFDNAME=${name}`);
      this.#stored.delete(name);
    }
    for (const [name, fd] of added) {
      // Nothing that happens to it would be a reason to throw it out.
      this.#send(`FDSTORE=1\nFDPOLL=0\nFDNAME=${name}`, fd);
      this.#stored.add(name);
    }
  }

  #tell(situation: Situation, now: Milliseconds): void {
    const lines = [...newsOf(this.#told, situation, process.hrtime.bigint() / 1000n)];
    if (this.#pause !== undefined && situation.heir === undefined && now - this.#aliveAt >= this.#pause)
      lines.push('WATCHDOG=1');
    if (lines.length === 0) return;
    this.#send(lines.join('\n'));
    this.#told = situation;
    if (lines.includes('WATCHDOG=1')) this.#aliveAt = now;
  }

  #send(message: string, fd?: number): void {
    if (this.#socket !== undefined) sendDatagram(this.#socket, message, fd);
  }
}
