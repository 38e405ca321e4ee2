/** Tells of connections that were closed for want of a PROXY header, at a bounded rate: whoever can connect can make as many as he likes. */
import type { Log } from '../contract/log.ts';
import type { Milliseconds } from '../contract/units.ts';

/** From one line to the next. */
const QUIET: Milliseconds = 10_000;

export class ProxyRefusals {
  readonly #log: Pick<Log, 'warning'>;
  readonly #now: () => Milliseconds;
  #count = 0;
  #untold = 0;
  #toldAt: Milliseconds | undefined = undefined;

  /** @param now The time of a clock that never goes back. */
  constructor(log: Pick<Log, 'warning'>, now: () => Milliseconds = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Since the beginning. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param connections How many there were.
   * @param reason Why the latest one was closed.
   * @param peer Whose that was; empty where nobody knows.
   */
  note(connections: number, reason: string, peer: string): void {
    this.#count += connections;
    this.#untold += connections;
    const now = this.#now();
    if (this.#toldAt !== undefined && now - this.#toldAt < QUIET) return;
    const others = this.#untold - 1;
    this.#toldAt = now;
    this.#untold = 0;
    const whose = peer === '' ? 'A connection' : `A connection of ${peer}`;
    const more = others === 0 ? '' : `; so were ${others} others since the last line of this kind`;
    this.#log.warning(`${whose} was closed: ${reason} (proxyProtocol)${more}`);
  }
}
