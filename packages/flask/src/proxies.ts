/** `request`, `session`, `g`, `currentApp`: importable everywhere, each stands for the current context's own. */
import type { Flask } from './app.ts';
import { requireAppContext, requireRequestContext } from './context.ts';
import type { Globals } from './globals.ts';
import type { FlaskRequest } from './request.ts';
import type { Session } from './sessions/session.ts';

/** An object that passes all that is done to it on to what `find` returns at that moment. */
function standFor<T extends object>(find: () => T): T {
  return new Proxy({} as T, {
    get(_, name) {
      const target = find();
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
    set(_, name, value) {
      const target = find();
      return Reflect.set(target, name, value, target);
    },
    has: (_, name) => Reflect.has(find(), name),
    deleteProperty: (_, name) => Reflect.deleteProperty(find(), name),
    ownKeys: () => Reflect.ownKeys(find()),
    getPrototypeOf: () => Reflect.getPrototypeOf(find()),
    getOwnPropertyDescriptor(_, name) {
      const descriptor = Reflect.getOwnPropertyDescriptor(find(), name);
      // A proxy may not report as fixed what its own target does not have.
      return descriptor && { ...descriptor, configurable: true };
    },
    defineProperty: (_, name, descriptor) => Reflect.defineProperty(find(), name, descriptor),
  });
}

/** The current request. @throws Error outside of one */
export const request: FlaskRequest = standFor(() => requireRequestContext().request);

/** The current session: what is put here comes back with the client's next request. @throws Error outside of a request */
export const session: Session = new Proxy(
  standFor(() => requireRequestContext().session),
  {
    /** A session is a dictionary and no object with members: what is put there as one would be lost in silence. */
    set(target, name, value) {
      if (Reflect.has(target, name)) return Reflect.set(target, name, value);
      throw new TypeError(
        `session.${String(name)} = … keeps nothing: write session.set(${JSON.stringify(String(name))}, …).`,
      );
    },
  },
);

/** Whatever belongs to the current request. @throws Error outside of a request and of `app.appContext()` */
export const g: Globals = standFor(() => requireAppContext().g);

/** The app that serves the current request. @throws Error outside of a request and of `app.appContext()` */
export const currentApp: Flask = standFor(() => requireAppContext().app);
