/** `object.name` and `object[key]`, whatever the object: undefined is what is not there. */
import { type AnyFunction, named, signatureOf, withKeywords } from './callable.ts';
import { DICT_METHODS, LIST_METHODS, TUPLE_METHODS } from './container-methods.ts';
import { isDict } from './dicts.ts';
import { isInt, isNumeric } from './float.ts';
import { formatValue } from './format-spec.ts';
import { typeName } from './kinds.ts';
import { escapeText, isHtml, Markup } from './markup.ts';
import { escapeToHtml } from './printing.ts';
import { DATE_ATTRIBUTES, NUMBER_ATTRIBUTES } from './scalar-attributes.ts';
import { DictView, Group, Once, Range, Tuple, tuple } from './sequences.ts';
import { type FieldAccess, strFormat } from './str-format.ts';
import { joinBy, STR_METHODS } from './str-methods.ts';
import { characters } from './text.ts';
import { dictGet, isMapLike, iterate, type MapLike, toList } from './truth.ts';
import { Undefined } from './undefined.ts';
import { unescapeHtml } from './unescape.ts';

/** An object may say itself what its attributes are; undefined for one that it has not. */
export const GET_ATTRIBUTE: unique symbol = Symbol.for('jinja.attribute') as never;
/** An object may say itself what its items are; undefined for one that it has not. */
export const GET_ITEM: unique symbol = Symbol.for('jinja.item') as never;

/** A builtin method with its object. */
const bind = (method: AnyFunction, object: unknown): AnyFunction =>
  withSignature(method, (...args: unknown[]): unknown => method(object, ...args));

/** A function that takes its arguments as another does. */
export function withSignature(method: AnyFunction, bound: AnyFunction): AnyFunction {
  const signature = signatureOf(method);
  if (signature?.takesKeywords) return withKeywords(bound);
  return signature?.names ? named(signature.names, bound) : bound;
}

/** The value of an attribute. */
export function attributeOf(object: unknown, name: string): unknown {
  if (typeof object === 'string') return textAttribute(object, name);
  if (isNumeric(object)) return NUMBER_ATTRIBUTES[name]?.(object);
  if (typeof object !== 'object' || object === null) return undefined;
  if (object instanceof Undefined) return object.attribute();
  const hook: unknown = Reflect.get(object, GET_ATTRIBUTE);
  if (typeof hook === 'function') return hook.call(object, name);
  if (Array.isArray(object)) return arrayAttribute(object, name);
  if (isDict(object)) {
    const method = Object.hasOwn(DICT_METHODS, name) ? DICT_METHODS[name] : undefined;
    if (method) return bind(method, object);
    const value = dictGet(object, name);
    return value !== undefined || object.constructor === Map || !(object instanceof Map)
      ? value
      : hostAttribute(object, name);
  }
  if (object instanceof Markup) return markupAttribute(object, name);
  if (object instanceof Date && Object.hasOwn(DATE_ATTRIBUTES, name)) return DATE_ATTRIBUTES[name]?.(object);
  if (object instanceof Range) return rangeAttribute(object, name);
  if (object instanceof Once) return undefined;
  return hostAttribute(object, name);
}

function rangeAttribute(range: Range, name: string): unknown {
  if (name === 'start' || name === 'stop' || name === 'step') return range[name];
  if (name !== 'index' && name !== 'count') return undefined;
  const method = LIST_METHODS[name];
  return method ? bind(method, [...range]) : undefined;
}

function textAttribute(text: string, name: string): unknown {
  const method = Object.hasOwn(STR_METHODS, name) ? STR_METHODS[name] : undefined;
  if (!method) return formatMethod(text, name, PLAIN_ACCESS);
  const bound = bind(method, text);
  // Those that have parameters look at what they are given.
  return method.length === 1 && !signatureOf(method) ? named([], bound) : bound;
}

function arrayAttribute(list: readonly unknown[], name: string): unknown {
  const methods = list instanceof Tuple ? TUPLE_METHODS : LIST_METHODS;
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (list instanceof Group && (name === 'list' || name === 'grouper')) return list[name];
  if (method) return bind(method, list);
  if (list instanceof Tuple || Object.getPrototypeOf(list) === Array.prototype) return undefined;
  return name in Array.prototype ? undefined : hostAttribute(list, name);
}

/** What an object of an app's class must not show: the way to its class and to the engine's own functions. */
const HIDDEN = new Set(['constructor', 'prototype', '__proto__', 'caller', 'arguments']);

/** A method that knows its object, and still what its parameters are called. */
const boundTo = (object: object, method: AnyFunction): AnyFunction => withSignature(method, method.bind(object));

function hostAttribute(object: object, name: string): unknown {
  if (!HIDDEN.has(name) && !name.startsWith('__') && name in object) {
    const value: unknown = Reflect.get(object, name);
    if (value !== Reflect.get(Object.prototype, name) && value !== undefined) {
      return typeof value === 'function' && !Object.hasOwn(object, name) ? boundTo(object, value) : value;
    }
  }
  const item = hostItem(object, name);
  return item === undefined && name === 'items' && isMapLike(object) ? () => itemsOf(object) : item;
}

/** `.items()` of what has keys and values as a Map has them. */
const itemsOf = (object: MapLike): DictView =>
  new DictView(
    'items',
    [...iterate(object)].map((key) => tuple([key, object.get(key) ?? null])),
  );

/** An item of an app's object: by its own word, or as a Map has it. */
function hostItem(object: object, key: unknown): unknown {
  const hook: unknown = Reflect.get(object, GET_ITEM);
  if (typeof hook === 'function') return hook.call(object, key);
  const name = key instanceof Markup ? key.value : key;
  return isMapLike(object) && object.has(name) ? (object.get(name) ?? null) : undefined;
}

/** The value of an item. */
export function itemOf(object: unknown, key: unknown): unknown {
  if (typeof object === 'string') return textItem(object, key);
  if (typeof object !== 'object' || object === null) return undefined;
  if (object instanceof Undefined) return object.attribute();
  if (Array.isArray(object)) return isInt(key) ? object.at(Number(key)) : undefined;
  if (GET_ITEM in object) return hostItem(object, key);
  if (isDict(object)) return dictGet(object, key);
  if (object instanceof Range) return isInt(key) ? object.at(Number(key)) : undefined;
  if (object instanceof Markup) {
    const found = textItem(object.value, key);
    return found === undefined ? undefined : new Markup(found);
  }
  return hostItem(object, key);
}

const textItem = (text: string, key: unknown) => (isInt(key) ? characters(text).at(Number(key)) : undefined);

/** `object[start:stop:step]`. */
export function sliceOf(object: unknown, start: unknown, stop: unknown, step: unknown): unknown {
  if (object instanceof Undefined) return object.attribute();
  if (typeof object === 'string') return slice(characters(object), start, stop, step).join('');
  if (object instanceof Markup) return new Markup(slice(characters(object.value), start, stop, step).join(''));
  if (object instanceof Tuple) return tuple(slice(object, start, stop, step));
  if (Array.isArray(object)) return slice(object, start, stop, step);
  if (object instanceof Range) return object.slice(...bounds(object.length, start, stop, step));
  if (isDict(object)) throw new TypeError("unhashable type: 'slice'");
  throw new TypeError(`'${typeName(object)}' object is not subscriptable`);
}

/** Where a slice begins, before what it ends, and its step. */
function bounds(length: number, start: unknown, stop: unknown, step: unknown): [from: number, to: number, by: number] {
  const by = bound(step) ?? 1;
  if (by === 0) throw new RangeError('slice step cannot be zero');
  const clamp = (value: number | undefined, otherwise: number) => {
    if (value === undefined) return otherwise;
    const at = value < 0 ? value + length : value;
    return by > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
  };
  return [clamp(bound(start), by > 0 ? 0 : length - 1), clamp(bound(stop), by > 0 ? length : -1), by];
}

function slice<T>(list: readonly T[], start: unknown, stop: unknown, step: unknown): T[] {
  const [from, to, by] = bounds(list.length, start, stop, step);
  if (by === 1) return Array.prototype.slice.call(list, from, Math.max(from, to));
  const taken: T[] = [];
  for (let i = from; by > 0 ? i < to : i > to; i += by) taken.push(...Array.prototype.slice.call(list, i, i + 1));
  return taken;
}

function bound(value: unknown): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (isInt(value)) return Number(value);
  if (value instanceof Undefined) value.fail();
  throw new TypeError('slice indices must be integers or None or have an __index__ method');
}

/** Methods of `str` whose text arguments are escaped before they meet markup. */
const ESCAPES_NOT = new Set([
  'split',
  'rsplit',
  'splitlines',
  'count',
  'find',
  'index',
  'rfind',
  'rindex',
  'startswith',
  'endswith',
]);

function markupAttribute(markup: Markup, name: string): unknown {
  if (name === 'striptags') return () => stripTags(markup.value);
  if (name === 'unescape') return () => unescapeHtml(markup.value);
  if (name === 'join') {
    return (items: unknown) => new Markup(joinBy(markup.value, toList(items).map(escapeToHtml)));
  }
  const format = formatMethod(markup.value, name, PLAIN_ACCESS, formatEscaped);
  if (format) return withSignature(format, (...args: unknown[]) => new Markup(format(...args)));
  const method = Object.hasOwn(STR_METHODS, name) ? STR_METHODS[name] : undefined;
  if (!method) return hostItem(markup, name);
  const escapes = !ESCAPES_NOT.has(name);
  const wrapped = (object: unknown, ...args: unknown[]) =>
    wrapMarkup(method(object, ...(escapes ? args.map(escapeArgument) : args)));
  const { names } = signatureOf(method) ?? {};
  return bind(names ? named(names, wrapped) : wrapped, markup.value);
}

const escapeArgument = (value: unknown) =>
  typeof value === 'string' ? escapeText(value) : isHtml(value) ? value.__html__() : value;

function wrapMarkup(result: unknown): unknown {
  if (typeof result === 'string') return new Markup(result);
  if (result instanceof Tuple) return tuple(result.map(wrapMarkup));
  return Array.isArray(result) ? result.map(wrapMarkup) : result;
}

const formatEscaped = (value: unknown, spec: string): string =>
  isHtml(value) && spec === ''
    ? value.__html__()
    : escapeText(formatValue(isHtml(value) ? value.__html__() : value, spec));

/** The text of HTML: no comments, no tags, runs of whitespace as one space. */
export function stripTags(html: string): string {
  const text = without(without(html, '<!--', '-->'), '<', '>');
  return unescapeHtml(text.split(/\s+/).filter(Boolean).join(' '));
}

/** A text without what stands between two marks, and them; a mark that nothing closes stays. */
function without(text: string, open: string, close: string): string {
  let kept = '';
  for (let start = 0; ; ) {
    const from = text.indexOf(open, start);
    const to = from < 0 ? -1 : text.indexOf(close, from + open.length);
    if (to < 0) return kept + text.slice(start);
    kept += text.slice(start, from);
    start = to + close.length;
  }
}

/** `str.format` and `str.format_map`, looking into objects by `access`. */
export function formatMethod(
  text: string,
  name: string,
  access: FieldAccess,
  show?: (value: unknown, spec: string) => string,
): AnyFunction | undefined {
  if (name === 'format') {
    return withKeywords((...args: unknown[]) => {
      const keywords = args.pop();
      return strFormat(text, args, isDict(keywords) && !(keywords instanceof Map) ? keywords : {}, access, show);
    });
  }
  if (name !== 'format_map') return undefined;
  return (values: unknown) => strFormat(text, [], isDict(values) ? values : {}, access, show);
}

/** Python's own lookup in formats: attributes and items apart, and an error for what is not there. */
const PLAIN_ACCESS: FieldAccess = {
  attribute(object, name) {
    const value = isDict(object) ? undefined : attributeOf(object, name);
    if (value === undefined) throw new TypeError(`'${typeName(object)}' object has no attribute '${name}'`);
    return value;
  },
  item(object, key) {
    const value = itemOf(object, key);
    if (value === undefined) throw new RangeError(String(key));
    return value;
  },
};
