/** The native addon: how it is found, and its types. Only this folder uses it. */
import { createRequire } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultKind } from './wire.ts';

/** Why a native call failed; native/base/failure.h. */
export interface NativeFailure {
  readonly syscall: string;
  /** Negative, as in Node's own errors: the system's number, or libuv's for a name that cannot be resolved. */
  readonly errno: number;
  readonly code: string;
  /** The error in words, without a full stop. */
  readonly reason: string;
}

interface NativeStats {
  readonly wakeups: number;
  readonly accepted: number;
  readonly empty: number;
  readonly aborted: number;
  readonly exhausted: number;
}

export interface NativeAcceptor {
  pause(): void;
  resume(): void;
  close(): void;
  takeRest(): number;
  waiting(): number;
  stats(): NativeStats;
}

/** native/net/proxy_gate.h says what each does. */
export interface NativeProxyGate {
  take(fd: number): void;
  waiting(): number;
  closeWaiting(): void;
  close(): void;
}

interface NativeEndpoint {
  readonly address: string;
  readonly port: number;
  readonly family: 'IPv4' | 'IPv6';
}

interface NativeHandlers {
  /** The first `rows` rows of the table of events are valid until `onTurnEnd` has returned. */
  onTurn(rows: number): void;
  /** Called when the microtasks of `onTurn` are over. */
  onTurnEnd(): void;
  onExhausted(code: string): void;
  onBroken(failure: NativeFailure): void;
  onUnwatchable(connection: { readonly fd: number; readonly code: string }): void;
  onRefused(refusal: { readonly status: number; readonly reason: string }): void;
  onUnproxied(unproxied: { readonly connections: number; readonly reason: string; readonly peer: string }): void;
  onEmpty(): void;
}

/** native/loop/loop.h says what each does. */
export interface NativeHttpLoop {
  accept(fd: number): undefined | NativeFailure;
  stopAccepting(): void;
  flush(rows: number, text: string): void;
  write(
    kind: number,
    fd: number,
    serial: number,
    sequence: number,
    flags: number,
    bytes: Uint8Array,
  ): number | undefined;
  readBody(fd: number, serial: number, sequence: number): void;
  pauseBody(fd: number, serial: number, sequence: number): void;
  abort(fd: number, serial: number, resets: boolean): void;
  endConnection(fd: number, serial: number): void;
  detach(
    fd: number,
    serial: number,
    sequence: number,
  ): { readonly fd: number; readonly rest: Buffer; readonly client: NativeEndpoint | undefined } | undefined;
  /** A connection that was detached has ended. */
  freePlace(): void;
  acceptRest(): number;
  sendAllPending(): void;
  closeSilent(): void;
  closeIdle(): void;
  cutAll(): void;
  close(): void;
  peer(fd: number, serial: number): NativeEndpoint | undefined;
  local(fd: number, serial: number): NativeEndpoint | undefined;
  /** Addresses, blocks or `*`. */
  expectProxies(networks: readonly string[]): void;
  /** Whether it is still open. */
  follow(fd: number, serial: number): boolean;
  tellConnections(tells: boolean): void;
  tellRefusals(tells: boolean): void;
  takeExpectations(takes: boolean): void;
  takeWithoutHost(takes: boolean): void;
  takeUpgradesWithoutHost(takes: boolean): void;
  refuseBarely(barely: boolean): void;
  /** Of a row of this turn. */
  refusalFault(number: number): { readonly kind: FaultKind; readonly reason: string };
  received(fd: number, serial: number): number;
  sent(fd: number, serial: number): number;
  waiting(fd: number, serial: number): number;
  hasBehind(fd: number, serial: number, sequence: number): boolean;
  stats(): {
    readonly accepted: number;
    readonly requests: number;
    readonly refused: number;
    readonly unproxied: number;
    readonly lateHeads: number;
    readonly lateBodies: number;
    readonly lateWrites: number;
    readonly turns: number;
    readonly wakeups: number;
    readonly open: number;
  };
}

type NativeAddress = { readonly host: string; readonly port: number } | { readonly path: string };

interface Addon {
  /** What wire.ts must say. */
  readonly wire: Readonly<Record<string, unknown>>;
  listenTcp(host: string, port: number, backlog: number, reusePort: boolean, ipv6Only: boolean): number | NativeFailure;
  /** `mode` is -1 to let the umask decide. */
  listenUnix(path: string, backlog: number, mode: number): number | NativeFailure;
  adoptListener(fd: number, backlog: number): number | NativeFailure;
  addressOf(fd: number): NativeAddress | NativeFailure;
  acceptOne(fd: number): number | undefined;
  measureQueue(): { of(fd: number): number };
  closeFd(fd: number): undefined | NativeFailure;
  duplicateFd(fd: number): number | NativeFailure;
  /** native/net/datagram.h */
  sendDatagram(path: string, text: string, fd: number): undefined | NativeFailure;
  writeNow(fd: number, bytes: Uint8Array): number | NativeFailure;
  reapChild(pid: number): boolean;
  setAlarm(seconds: number, grace: number): undefined;
  shortenTimeSlice(): boolean;
  /** Makes it an uncaughtException, whose listeners are called before this returns; without one the process ends. */
  reportException(error: unknown): undefined;
  watchStalls(fd: number, number: number): { beat(silence: number, stall: number): void } | undefined;
  startAcceptor(
    fd: number,
    perTurn: number,
    onConnection: (fd: number) => void,
    onExhausted: (code: string) => void,
    onBroken: (failure: NativeFailure) => void,
  ): NativeAcceptor | NativeFailure;
  /** `timeout` is 0 for none. */
  startProxyGate(
    networks: readonly string[],
    timeout: number,
    onPassed: (passed: { readonly fd: number; readonly client: NativeEndpoint | undefined }) => void,
    onRefused: (refused: { readonly reason: string | undefined; readonly peer: string }) => void,
  ): NativeProxyGate;
  /** `slab`, `events` and `answers` are shared with the kernel: wire.ts. */
  startHttpLoop(
    options: Readonly<Record<string, number>>,
    slab: Uint8Array,
    events: Uint8Array,
    answers: Uint8Array,
    handlers: NativeHandlers,
  ): NativeHttpLoop | NativeFailure;
}

/** The addon could not be loaded; `cause` is what Node said. */
export class AddonMissingError extends Error {
  override readonly name = 'AddonMissingError';
  readonly code = 'ADDON_MISSING';
}

let loaded: Addon | undefined;

/**
 * Loaded at first use, so that a program that only prints its help works without it.
 * @throws {AddonMissingError} when it was not built, or was built for another machine.
 */
export function addon(): Addon {
  if (loaded) return loaded;
  try {
    loaded = createRequire(import.meta.url)('../build/Release/picoev.node') as Addon;
    return loaded;
  } catch (cause) {
    throw new AddonMissingError(
      `The native addon is not built for ${process.platform}-${process.arch}: run ${cure()}, with a C++20 compiler and Python 3 installed.`,
      { cause },
    );
  }
}

/** A clone of the repository builds it by itself; what npm has installed brings its source. */
function cure(): string {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  return folder.includes(`${sep}node_modules${sep}`)
    ? `\`npx node-gyp rebuild --directory ${folder}\``
    : '`npm run build` in the repository';
}

/** Tells a failure from the value that a native call gives otherwise. */
export function isFailure<T>(result: T | NativeFailure): result is NativeFailure {
  return typeof result === 'object' && result !== null && 'syscall' in result;
}
