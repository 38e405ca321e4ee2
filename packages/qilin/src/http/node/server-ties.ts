/**
 * What an engine has put onto servers, the program's own among them, which may be served again: all of it is taken back when the
 * engine stops.
 */
import type { EventEmitter } from 'node:events';
import { lend } from '../../contract/lend.ts';

type Listener = (...args: never[]) => void;

export class ServerTies {
  readonly #undo: (() => void)[] = [];
  #isTied = true;

  /** False from the moment when all has been taken back: what the program holds of it has no effect any more. */
  get isTied(): boolean {
    return this.#isTied;
  }

  on(server: EventEmitter, event: string, listener: Listener): void {
    server.on(event, listener as () => void);
    this.add(() => server.off(event, listener as () => void));
  }

  /** Before all others. */
  onFirst(server: EventEmitter, event: string, listener: Listener): void {
    server.prependListener(event, listener as () => void);
    this.add(() => server.off(event, listener as () => void));
  }

  lend(server: object, members: Readonly<Record<PropertyKey, PropertyDescriptor>>): void {
    this.add(lend(server, members));
  }

  /** Settings of a server, which has its own again afterwards. */
  set(server: object, values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) {
      const before: unknown = Reflect.get(server, name);
      Reflect.set(server, name, value);
      this.add(() => {
        if (Reflect.get(server, name) === value) Reflect.set(server, name, before);
      });
    }
  }

  add(undo: () => void): void {
    this.#undo.push(undo);
  }

  undo(): void {
    this.#isTied = false;
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
