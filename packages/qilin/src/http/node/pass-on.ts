/**
 * What stood for a connection becomes another name of the real socket that has its bytes: the program may keep the one, by which it
 * was told of the connection, and ends, counts or marks the other.
 */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** @param ours Members of the one that stood for it which are no socket's. */
export function passOn(standIn: EventEmitter, socket: Socket, ours: readonly string[]): void {
  const emitter: EventEmitter = socket;
  for (const event of standIn.eventNames())
    for (const listener of standIn.rawListeners(event)) emitter.on(event, listener as (...args: unknown[]) => void);
  for (const key of Reflect.ownKeys(standIn)) {
    const descriptor = Object.getOwnPropertyDescriptor(standIn, key);
    // What the program has put there, as the owner of a session.
    const isTheirs = !(key in socket) && !ours.includes(String(key));
    if (descriptor !== undefined && isTheirs) Object.defineProperty(socket, key, descriptor);
    Reflect.deleteProperty(standIn, key);
  }
  Object.setPrototypeOf(standIn, nameOf(socket));
}

/** A prototype: methods are called on the socket itself, whose internal state nothing else has. */
function nameOf(socket: Socket): object {
  return new Proxy(socket, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' && key !== 'constructor' ? value.bind(target) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}
