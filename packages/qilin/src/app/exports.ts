/** The exports of a module by name, the same for an ES module and for a CommonJS one. Pure. */
import type { ModuleNamespace } from '../modules/import-module.ts';

/** Names that tools add to a namespace. */
const NO_EXPORTS = new Set(['__esModule', 'module.exports']);

type Members = Readonly<Record<string, unknown>>;

const isPlainObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * Node gives the `module.exports` of a CommonJS module as `default`. Its members count as exports, and an empty one as no
 * export at all. An ES module that was compiled to CommonJS, as tsx does it, has its own `default` among them.
 */
export function exportsOf(namespace: ModuleNamespace): ReadonlyMap<string, unknown> {
  const whole = namespace['default'];
  const compiled = typeof whole === 'object' && whole !== null && '__esModule' in whole;
  const members = compiled || isPlainObject(whole) ? Object.entries(whole as Members) : [];
  const own = Object.entries(namespace).filter(([name]) => name !== 'default' || !(compiled || isEmpty(whole)));
  return new Map(
    [...members.filter(([name]) => compiled || name !== 'default'), ...own].filter(([name]) => !NO_EXPORTS.has(name)),
  );
}

const isEmpty = (value: unknown) => value === undefined || (isPlainObject(value) && Object.keys(value).length === 0);
