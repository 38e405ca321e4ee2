/** Stands in a message pair's place where the client has sent no request: what its program writes to the socket is the answer. */
import type { Exchange, FetchExchange } from '@qilin/picoev';
import type { Callback, ConnectionSocket, Pair, ToldRefusal } from './connection-socket.ts';

export class RefusedPair implements Pair {
  readonly exchange: Exchange;
  readonly request = undefined;
  readonly response = undefined;
  readonly refusal: ToldRefusal;
  next: Pair | undefined = undefined;
  isBlocked = false;
  readonly isEnded = false;

  readonly #socket: ConnectionSocket;

  constructor(exchange: Exchange, socket: ConnectionSocket, refusal: ToldRefusal) {
    this.exchange = exchange;
    this.#socket = socket;
    this.refusal = refusal;
    exchange.owner = this;
    exchange.onDrain = onDrain;
    exchange.onGone = onGone;
    exchange.onHalfClose = onHalfClose;
  }

  write(bytes: string | Uint8Array, callback: Callback | null | undefined): boolean {
    this.isBlocked = !this.exchange.raw(bytes);
    if (callback) process.nextTick(callback, null);
    return !this.isBlocked;
  }

  inform(head: string, callback: Callback | null | undefined): boolean {
    return this.write(head, callback);
  }

  endConnection(): void {
    this.exchange.rawEnd(false);
  }

  finish(): void {}

  read(): void {}

  pause(): void {}

  fill(): void {}

  drained(): void {
    this.isBlocked = false;
    this.#socket.emit('drain');
  }

  leave(): void {
    this.#socket.lose(this);
    this.#socket.drop(this);
  }

  halfClose(): void {
    this.#socket.halfClose();
  }
}

function onDrain({ owner }: FetchExchange): void {
  if (owner instanceof RefusedPair) owner.drained();
}

function onGone({ owner }: FetchExchange): void {
  if (owner instanceof RefusedPair) owner.leave();
}

function onHalfClose({ owner }: Exchange): void {
  if (owner instanceof RefusedPair) owner.halfClose();
}
