/** Sends figures to a StatsD server. Invariant: nobody waits for it, and what cannot be sent is lost. */
import type { Socket } from 'node:dgram';
import { sendDatagram } from '@qilin/picoev';
import { reasonOf } from '../contract/errors.ts';
import type { Log } from '../contract/log.ts';
import {
  datagramsOf,
  formatStatsdAddress,
  type StatsdMetric,
  type StatsdSettings,
  statsdLines,
} from '../contract/statsd.ts';

export class StatsdSender {
  readonly #settings: StatsdSettings;
  readonly #log: Pick<Log, 'warning'>;
  #socket: Promise<Socket> | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(settings: StatsdSettings, log: Pick<Log, 'warning'>) {
    this.#settings = settings;
    this.#log = log;
  }

  send(metrics: readonly StatsdMetric[]): void {
    const { statsdHost: to } = this.#settings;
    if (to === null || this.#isClosed || metrics.length === 0) return;
    const datagrams = datagramsOf(statsdLines(this.#settings, metrics));
    if (to.kind === 'udp') void this.#sendUdp(datagrams, to.host, to.port);
    else for (const datagram of datagrams) this.#attempt(() => sendDatagram(to.path, datagram));
  }

  close(): void {
    this.#isClosed = true;
    void this.#socket?.then((socket) => socket.close()).catch(() => {});
  }

  async #sendUdp(datagrams: readonly string[], host: string, port: number): Promise<void> {
    try {
      this.#socket ??= openSocket(host, (error) => this.#failed(error));
      const socket = await this.#socket;
      // A name is looked up each time: who answers to it may be another by now.
      for (const datagram of this.#isClosed ? [] : datagrams) {
        socket.send(datagram, port, host, (error) => (error === null ? this.#succeeded() : this.#failed(error)));
      }
    } catch (error) {
      this.#socket = undefined;
      this.#failed(error);
    }
  }

  #attempt(send: () => void): void {
    try {
      send();
      this.#succeeded();
    } catch (error) {
      this.#failed(error);
    }
  }

  #succeeded(): void {
    this.#hasFailed = false;
  }

  /** Told once, until it works again. */
  #failed(error: unknown): void {
    const { statsdHost: to } = this.#settings;
    if (this.#hasFailed || to === null || this.#isClosed) return;
    this.#hasFailed = true;
    this.#log.warning(`Figures for statsdHost ${formatStatsdAddress(to)} are lost: ${reasonOf(error)}`);
  }
}

/** Most processes send nothing: its module is loaded by those that do. */
async function openSocket(host: string, onError: (error: Error) => void): Promise<Socket> {
  const { createSocket } = await import('node:dgram');
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', onError);
  socket.unref();
  return socket;
}
