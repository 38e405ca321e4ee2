/** The functions that compiled templates call, bound to an environment. */
import { notePlace, TemplateRuntimeError, UndefinedError } from '../errors.ts';
import * as arithmetic from '../values/arithmetic.ts';
import { sliceOf } from '../values/attributes.ts';
import type { Keywords } from '../values/callable.ts';
import { dictEntries, isDict, makeDict } from '../values/dicts.ts';
import { numberText } from '../values/float.ts';
import { typeName } from '../values/kinds.ts';
import { escapeText, isHtml, Markup } from '../values/markup.ts';
import { escapeToHtml, str } from '../values/printing.ts';
import { tuple } from '../values/sequences.ts';
import { contains, equals, iterate, order, toList, truth } from '../values/truth.ts';
import { Undefined } from '../values/undefined.ts';
import { call, callFilter, callFunction, callTest } from './calls.ts';
import type { Context } from './context.ts';
import type { Engine, LoadedTemplate } from './contract.ts';
import { FLUSH, isPromise, run, Writer } from './drive.ts';
import { debugText, Namespace } from './globals.ts';
import { Loop } from './loop.ts';
import { Macro } from './macro.ts';
import { TemplateModule } from './module.ts';

const SPECIAL = /[&<>"']/;

/** HTML of a value, the common kinds first. */
function html(value: unknown): string {
  if (typeof value === 'string') return SPECIAL.test(value) ? escapeText(value) : value;
  if (typeof value === 'number') return numberText(value);
  return escapeToHtml(value);
}

function unpack(value: unknown, count: number): readonly unknown[] {
  const list = toList(value);
  if (list.length > count) throw new RangeError(`too many values to unpack (expected ${count})`);
  if (list.length < count) throw new RangeError(`not enough values to unpack (expected ${count}, got ${list.length})`);
  return list;
}

function setNamespace(object: unknown, name: string, value: unknown): void {
  if (!(object instanceof Namespace)) throw new TemplateRuntimeError('cannot assign attribute on non-namespace object');
  object.set(name, value);
}

function keywordsOf(value: unknown): Keywords {
  if (isDict(value)) return Object.fromEntries(dictEntries(value).map(([key, item]) => [String(key), item]));
  if (value instanceof Undefined) value.fail();
  throw new TypeError(`argument after ** must be a mapping, not ${typeName(value)}`);
}

const isAsyncIterable = (value: object): value is AsyncIterable<unknown> =>
  Symbol.asyncIterator in value && typeof value[Symbol.asyncIterator] === 'function';

/** What `for` goes through: of an async iterable a promise of its items. */
function loopOver(value: unknown): Iterable<unknown> | Promise<unknown[]> {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object' && value !== null && isAsyncIterable(value)) return collect(value);
  return iterate(value);
}

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function joinMarkup(parts: readonly unknown[]): unknown {
  return arithmetic.concatMarkup(parts, str);
}

const joinText = (parts: readonly unknown[]) => arithmetic.joined(parts.map(str));

const fault = (error: unknown, template: LoadedTemplate, offset: number): unknown => {
  notePlace(error, template.place(offset));
  return error;
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TemplateNotFound' || error.name === 'TemplatesNotFound');

/** The runtime of an environment. */
export function createRuntime(engine: Engine) {
  const { access } = engine;
  const undefinedHint = (hint: string, name?: string) =>
    engine.undefined(name === undefined ? { hint } : { hint, name });
  const value = (result: unknown) => (result === undefined ? engine.undefined({ name: 'undefined' }) : result);
  const getTemplate = (name: unknown, parent: LoadedTemplate) => engine.template(name, parent.name);
  return {
    ...arithmetic,
    equals,
    less: (a: unknown, b: unknown) => order(a, b, '<') < 0,
    lessOrEqual: (a: unknown, b: unknown) => order(a, b, '<=') <= 0,
    greater: (a: unknown, b: unknown) => order(a, b, '>') > 0,
    greaterOrEqual: (a: unknown, b: unknown) => order(a, b, '>=') >= 0,
    isIn: (item: unknown, container: unknown) => contains(container, item),
    truth,
    str,
    html,
    iterate,
    attribute: (object: unknown, name: string) => access.attribute(object, name),
    item: (object: unknown, key: unknown) => access.item(object, key),
    sliceOf,
    tuple,
    dict: makeDict,
    joinText,
    joinMarkup,
    markIf: (isEscaped: boolean, text: unknown) => (isEscaped && !isHtml(text) ? new Markup(str(text)) : text),
    keywordsOf,
    unpack,
    setNamespace,
    call: (
      context: Context,
      callee: unknown,
      args: readonly unknown[],
      keywords: Keywords | null,
      autoescape: boolean,
    ) => value(call(context, callee, args, keywords, autoescape)),
    callMethod: (
      context: Context,
      object: unknown,
      name: string,
      args: readonly unknown[],
      keywords: Keywords | null,
      autoescape: boolean,
    ) => value(call(context, access.attribute(object, name), args, keywords, autoescape, object)),
    filter: (
      context: Context,
      name: string,
      args: readonly unknown[],
      keywords: Keywords | null,
      autoescape: boolean,
    ) => value(callFilter(context, name, args, keywords, autoescape)),
    test: (context: Context, name: string, args: readonly unknown[], keywords: Keywords | null, autoescape: boolean) =>
      value(callTest(context, name, args, keywords, autoescape)),
    finalize: (context: Context, result: unknown, autoescape: boolean) =>
      engine.finalize ? callFunction(context, engine.finalize, undefined, [result], null, autoescape) : result,
    undefinedHint,
    isPromise,
    loopOver,
    run,
    fault,
    getTemplate,
    includeTemplate: (name: unknown, ignoresMissing: boolean, parent: LoadedTemplate) => {
      const forgive = (error: unknown): null => {
        if (ignoresMissing && isMissing(error)) return null;
        throw error;
      };
      try {
        const found = engine.choose(name, parent.name);
        return isPromise(found) ? found.then((template) => template, forgive) : found;
      } catch (error) {
        return forgive(error);
      }
    },
    importModule: (template: LoadedTemplate, context: Context, locals: Readonly<Record<string, unknown>> | null) =>
      locals ? makeModule(template, context.included(template, locals)) : template.defaultModule(),
    exported: (module: unknown, name: string) => {
      const found = module instanceof TemplateModule ? module.exports.get(name) : undefined;
      if (found !== undefined) return found;
      const from = module instanceof TemplateModule ? module.name : null;
      const hint = `the template '${from ?? '<template>'}' does not export the requested name '${name}'`;
      return engine.undefined({ hint, name });
    },
    extendedTwice: () => new TemplateRuntimeError('extended multiple times'),
    debugText,
    Markup,
    Undefined,
    UndefinedError,
    Loop,
    Macro,
    Writer,
    FLUSH,
  };
}

/** Runs a template for what it exports. @returns the module, or a promise of it */
export function makeModule(template: LoadedTemplate, context: Context): unknown {
  const writer = new Writer();
  const finish = () => new TemplateModule(template.name, context.exports(), writer.s);
  const result = run(template.root(context, writer));
  return isPromise(result) ? result.then(finish) : finish();
}
