/** Where a request on the native engine came from: by its connection, and by what a trusted proxy says of it. */
import type { Exchange } from '@qilin/picoev';
import { type Address, formatAddress } from '../../contract/address.ts';
import type { Listener } from '../../contract/messages.ts';
import type { ForwardedSettings } from '../../contract/worker-config.ts';
import { createForwarded, type Forwarded, UNIX_PEER } from '../../http/forwarded.ts';

const NONE: Forwarded = { kind: 'none' };
const NOWHERE: Address = { kind: 'unix', path: '' };

export class ExchangeOrigins {
  readonly #resolve: ReturnType<typeof createForwarded>;
  readonly #addresses: readonly Address[];
  readonly #names: readonly string[];
  /** With which all of the names begin: one search of the head tells that there is nothing to read, as nearly always. */
  readonly #prefix: string;

  constructor(settings: ForwardedSettings, listeners: readonly Listener[]) {
    this.#resolve = createForwarded(settings);
    this.#addresses = listeners.map(({ address }) => address);
    const secure = Object.keys(settings.secureSchemeHeaders).map((name) => name.toLowerCase());
    this.#names = [...secure, 'x-forwarded-for', 'x-forwarded-host'];
    this.#prefix = commonPrefix(this.#names);
  }

  /** What a trusted proxy says; `contradiction` is to be answered with 400, as Gunicorn does. */
  read(exchange: Exchange): Forwarded {
    if (!exchange.hasHeaderLike(this.#prefix)) return NONE;
    if (!this.#names.some((name) => exchange.header(name) !== undefined)) return NONE;
    return this.#resolve(this.#peerOf(exchange), (name) => exchange.header(name));
  }

  /** Address of the client, as far as it is believed; undefined on a unix socket. */
  clientOf(exchange: Exchange, said: Forwarded): string | undefined {
    return (said.kind === 'forwarded' ? said.client : undefined) ?? exchange.peer?.address;
  }

  /** Printed address of the listener that took the connection. */
  serverOf(exchange: Exchange): string {
    return formatAddress(this.#listenerOf(exchange));
  }

  #peerOf(exchange: Exchange): string | undefined {
    return exchange.peer?.address ?? (this.#listenerOf(exchange).kind === 'unix' ? UNIX_PEER : undefined);
  }

  /** By the local port; a connection without one came by a unix socket. */
  #listenerOf(exchange: Exchange): Address {
    const [only = NOWHERE, ...others] = this.#addresses;
    if (others.length === 0) return only;
    const port = exchange.local?.port;
    return this.#addresses.find((one) => (one.kind === 'tcp' ? one.port === port : port === undefined)) ?? only;
  }
}

function commonPrefix([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length);
}
