/**
 * An upgrade (USR2) as each of its two arbiters sees it: the old one starts the new one with its sockets, and the new one
 * takes its place when the old one leaves. Invariant: while both run, neither removes what they share.
 */
import type { ChildProcess } from 'node:child_process';
import { spawnHeir } from './inheritance.ts';
import type { Sockets } from './sockets.ts';

interface Ending {
  /** Why it does not start, where nobody can read its stderr: it is a daemon. */
  onFailure(text: string): void;
  /** It has ended, or could not be started (null). */
  onEnd(status: number | null): void;
}

export class Upgrade {
  #predecessor: number | undefined;
  #successor: ChildProcess | undefined;

  /** @param predecessor The arbiter that started this one, if one did. */
  constructor(predecessor: number | undefined) {
    this.#predecessor = predecessor;
  }

  /** Another arbiter serves the same sockets. */
  get isUnderWay(): boolean {
    return this.#successor !== undefined || this.#predecessor !== undefined;
  }

  /** This arbiter is the new one of the two. */
  get isSuccessor(): boolean {
    return this.#predecessor !== undefined;
  }

  get successorPid(): number | undefined {
    return this.#successor?.pid;
  }

  /** Starts the new arbiter. */
  begin(sockets: Sockets, cwd: string, { onFailure, onEnd }: Ending): void {
    const successor = spawnHeir(sockets, cwd);
    this.#successor = successor;
    successor.on('message', (failure) => {
      if (failure !== '') onFailure(String(failure));
    });
    const ended = (status: number | null) => {
      if (this.#successor !== successor) return;
      this.#successor = undefined;
      onEnd(status);
    };
    successor.on('exit', ended);
    successor.on('error', () => ended(null));
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
