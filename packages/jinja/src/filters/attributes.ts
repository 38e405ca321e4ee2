/** How filters reach into items: `attribute='address.city'`. */
import type { Engine } from '../runtime/contract.ts';
import { Markup } from '../values/markup.ts';
import { Undefined } from '../values/undefined.ts';

export type Getter = (item: unknown) => unknown;

const partsOf = (attribute: unknown): readonly unknown[] => {
  if (attribute === undefined || attribute === null) return [];
  if (typeof attribute !== 'string') return [attribute];
  return attribute.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
};

/** A function that follows an attribute's path from an item. */
export function getter(engine: Engine, attribute: unknown, after?: Getter, otherwise?: unknown): Getter {
  const parts = partsOf(attribute);
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = engine.access.item(value, part);
      if (value instanceof Undefined && otherwise !== undefined && otherwise !== null) value = otherwise;
    }
    return after ? after(value) : value;
  };
}

/** The same for several, with commas between them: a list of what they give. */
export function getters(engine: Engine, attribute: unknown, after?: Getter): Getter {
  const attributes = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const list = attributes.map((part) => getter(engine, part, after));
  return (item) => list.map((get) => get(item));
}

/** Sorting and comparing texts whatever their case. */
export const ignoreCase: Getter = (value) => {
  if (typeof value === 'string') return value.toLowerCase();
  return value instanceof Markup ? new Markup(value.value.toLowerCase()) : value;
};
