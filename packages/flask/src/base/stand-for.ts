/** Objects that stand for others. Werkzeug's `LocalProxy`. */

const CURRENT = Symbol('current object');

/** What an object of {@link standFor} stands for at this moment; another object is itself. Werkzeug's `_get_current_object`. */
export const currentObject = <T extends object>(standIn: T): T =>
  (Reflect.get(standIn, CURRENT) as T | undefined) ?? standIn;

/** An object that passes all that is done to it on to what `find` returns at that moment. Werkzeug's `LocalProxy`. */
export function standFor<T extends object>(find: () => T): T {
  return new Proxy({} as T, {
    get(_, name) {
      const target = find();
      if (name === CURRENT) return target;
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
