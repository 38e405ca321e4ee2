/**
 * The inspector of the first worker (`inspect`, `inspectBrk`): opened here and not by a flag of Node's, since at a reload another
 * worker has the port still. Then this one waits for it; a worker that is to leave gives it up.
 */
import inspector from 'node:inspector';
import { connect } from 'node:net';
import type { Log } from '../contract/log.ts';
import type { Milliseconds } from '../contract/units.ts';
import type { InspectorAddress } from '../contract/worker-config.ts';

const LOOKS_EVERY: Milliseconds = 250;

export class Inspector {
  readonly #address: InspectorAddress;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(address: InspectorAddress, log: Log) {
    this.#address = address;
    this.#log = log;
  }

  /**
   * Resolves when it listens, or waits for its port.
   * @param breaks Wait for a debugger first, and stop there: the app is loaded when it goes on. Not where the port is taken.
   */
  async open(breaks: boolean): Promise<void> {
    if (await this.#tryToOpen(breaks)) return;
    const { host, port } = this.#address;
    this.#log.info(
      `Inspector: ${host}:${port} is taken, by the worker before probably; this one opens it when it is free`,
    );
    this.#openLater();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (inspector.url() !== undefined) inspector.close();
  }

  #openLater(): void {
    this.#timer = setTimeout(async () => {
      if (!(await this.#tryToOpen(false)) && !this.#isClosed) this.#openLater();
    }, LOOKS_EVERY).unref();
  }

  async #tryToOpen(breaks: boolean): Promise<boolean> {
    const { host, port } = this.#address;
    if (await isTaken(this.#address)) return false;
    if (this.#isClosed) return true;
    inspector.open(port, host, breaks);
    const url = inspector.url();
    if (url === undefined) return false;
    this.#log.info(`Inspector of worker ${process.pid}: ${url}`);
    // biome-ignore lint/suspicious/noDebugger: it is what the setting asks for
    if (breaks) debugger;
    return true;
  }
}

/** Asked by a connection: Node tells on stderr alone, each time, that it cannot open one. */
function isTaken({ host, port }: InspectorAddress): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect({ host, port });
    const settle = (taken: boolean) => {
      probe.destroy();
      resolve(taken);
    };
    probe.once('connect', () => settle(true));
    probe.once('error', () => settle(false));
    probe.unref();
  });
}
