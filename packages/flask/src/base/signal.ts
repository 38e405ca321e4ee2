/** One kind of event, and who wants to hear of it. Blinker's `Signal`, which Flask's signals are. */

/** Called with the app that sends, and what it tells. */
export type Receiver<S, D> = (sender: S, detail: D) => void;

/** One kind of event. What Flask has of Blinker, `NamedSignal`. */
export class Signal<S extends object, D = undefined> {
  readonly name: string;
  readonly #receivers = new Map<Receiver<S, D>, S | undefined>();

  constructor(name: string) {
    this.name = name;
  }

  /** Whether anybody listens: what nobody hears need not be said. */
  get hasReceivers(): boolean {
    return this.#receivers.size > 0;
  }

  /** @param sender only what this one sends; any by default. @returns a function that disconnects */
  connect(receiver: Receiver<S, D>, sender?: S): () => void {
    this.#receivers.set(receiver, sender);
    return () => this.disconnect(receiver);
  }

  /** The receiver hears no more. */
  disconnect(receiver: Receiver<S, D>): void {
    this.#receivers.delete(receiver);
  }

  /** Calls the receivers in the order in which they connected; what one throws goes to the caller. */
  send(sender: S, detail: D): void {
    for (const [receiver, wanted] of [...this.#receivers]) {
      if (wanted === undefined || wanted === sender) receiver(sender, detail);
    }
  }
}
