/**
 * An upgrade (USR2) as each of its two arbiters sees it: the old one starts the new one with its sockets, and the new one
 * takes its place when the old one leaves. Invariant: while both run, neither removes what they share.
 */
import type { ChildProcess } from 'node:child_process';
import { type Fields, isObject } from '../contract/fields.ts';
import { type Estate, spawnHeir } from './inheritance.ts';
import { refusal } from './spawn-refusal.ts';

interface SuccessorListener {
  /** Why it does not start. */
  onFailure(text: string): void;
  /** All of its workers serve. */
  onReady(): void;
  /** It has ended: by its own status, or by a signal. */
  onEnd(status: number | null, signal: NodeJS.Signals | null): void;
}

/** Undefined for any other message. */
function onceOf(message: unknown): Fields | undefined {
  if (!isObject(message)) return undefined;
  const { once } = message;
  return isObject(once) ? once : undefined;
}

export class Upgrade {
  #predecessor: number | undefined;
  #successor: ChildProcess | undefined;
  #isReady = false;
  #isHandingOn = false;
  #hearOnce: (said: Fields) => void = () => {};

  /** @param predecessor The arbiter that started this one, if one did. */
  constructor(predecessor: number | undefined) {
    this.#predecessor = predecessor;
  }

  /** Another arbiter serves the same sockets. */
  get isUnderWay(): boolean {
    return this.#successor !== undefined || this.#predecessor !== undefined;
  }

  /** The new arbiter has been started, and does not serve yet. */
  get awaitsSuccessor(): boolean {
    return this.#successor !== undefined && !this.#isReady;
  }

  /** The new arbiter serves. */
  get hasReadySuccessor(): boolean {
    return this.#successor !== undefined && this.#isReady;
  }

  /** Pid of the new arbiter, where it serves. */
  get readySuccessor(): number | undefined {
    return this.#isReady ? this.#successor?.pid : undefined;
  }

  /** This arbiter is the new one of the two. */
  get isSuccessor(): boolean {
    return this.#predecessor !== undefined;
  }

  /** Starts the new arbiter; its pid, or undefined when no process could be made. */
  begin(estate: Estate, { onFailure, onReady, onEnd }: SuccessorListener): number | undefined {
    try {
      const successor = spawnHeir(estate);
      successor.on('error', (error) => {
        // Also emitted when a message cannot be delivered; only a failed start leaves no process behind.
        if (successor.pid === undefined) onFailure(refusal(error).message);
      });
      if (successor.pid === undefined) return undefined;
      this.#successor = successor;
      this.#isHandingOn = false;
      successor.on('message', (failure) => {
        const once = onceOf(failure);
        if (once !== undefined) return this.#hearOnce(once);
        if (failure !== '') return onFailure(String(failure));
        this.#isReady = true;
        onReady();
      });
      successor.on('exit', (status, signal) => {
        this.#successor = undefined;
        this.#isReady = false;
        onEnd(status, signal);
      });
      return successor.pid;
    } catch (error) {
      onFailure(refusal(error).message);
      return undefined;
    }
  }

  /**
   * To the new arbiter, if there is one: the counts so far. One message is on its way at a time, since that may have been stopped.
   * @param isLast Nothing follows.
   */
  handOn(counts: () => object, isLast: boolean): void {
    if ((this.#isHandingOn && !isLast) || !this.#successor?.connected) return;
    this.#isHandingOn = true;
    this.#successor.send(counts(), (error) => {
      // It has ended, or does not listen any more: its affair.
      this.#isHandingOn = error !== null;
    });
  }

  /** As the new arbiter: what the old one hands on, as often as it does. */
  onHandedOn(hear: (counts: unknown) => void): void {
    if (!this.isSuccessor) return;
    process.on('message', (message) => {
      if (onceOf(message) === undefined) hear(message);
    });
  }

  /** What the other arbiter says of tasks of `once`: as the new one what the old one decides, as the old one what is asked of it. */
  onOnce(hear: (said: Fields) => void): void {
    this.#hearOnce = hear;
    if (!this.isSuccessor) return;
    process.on('message', (message) => {
      const once = onceOf(message);
      if (once !== undefined) hear(once);
    });
  }

  tellPredecessor(message: object): void {
    // That one has gone: then this one decides.
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  }

  tellSuccessor(message: object): void {
    if (this.#successor?.connected) this.#successor.send(message, () => {});
  }

  /**
   * To be asked now and then: the pid of the old arbiter once it has gone, told a single time.
   * @param parent Parent of this process; no longer the old arbiter when that has gone.
   */
  complete(parent: number): number | undefined {
    const predecessor = this.#predecessor;
    if (predecessor === undefined || parent === predecessor) return undefined;
    this.#predecessor = undefined;
    return predecessor;
  }
}
