/** Members that an object of the program's has of its own for a time. */

/** @returns takes them back, but for those that the program has replaced meanwhile */
export function lend(target: object, members: Readonly<Record<PropertyKey, PropertyDescriptor>>): () => void {
  const lent = Reflect.ownKeys(members).flatMap((key) => {
    const descriptor = members[key];
    const before = Object.getOwnPropertyDescriptor(target, key);
    return descriptor === undefined ? [] : [{ key, before, descriptor: { ...descriptor, configurable: true } }];
  });
  for (const { key, descriptor } of lent) Object.defineProperty(target, key, descriptor);
  return () => {
    for (const { key, before, descriptor } of lent.toReversed()) {
      const now = Object.getOwnPropertyDescriptor(target, key);
      if (now?.value !== descriptor.value || now?.get !== descriptor.get) continue;
      if (before === undefined) Reflect.deleteProperty(target, key);
      else Object.defineProperty(target, key, before);
    }
  };
}
