/** What @qilin/jinja makes of the cases, told as the reference tells it. */
import {
  Environment,
  type EnvironmentOptions,
  FunctionLoader,
  Markup,
  named,
  placesOf,
  selectAutoescape,
  TemplateSyntaxError,
  type Translations,
  withKeywords,
} from '../../src/index.ts';
import type { Case, Json } from './cases.ts';
import type { Answer } from './reference.ts';

/** Python's errors, and which of ours stand for them. Jinja's own have the same names. */
const STAND_INS: Readonly<Record<string, string>> = {
  AssertionError: 'RangeError',
  AttributeError: 'TypeError',
  IndexError: 'RangeError',
  KeyError: 'RangeError',
  OverflowError: 'RangeError',
  RuntimeError: 'TypeError',
  ValueError: 'RangeError',
  ZeroDivisionError: 'RangeError',
};

/** Python prints where a generator is in memory. */
const ADDRESS = /generator object \w+ at 0x[\da-f]+/g;

/** An answer as one text, so that the two can be compared; of an error its kind and place. */
export function comparable(answer: Answer): string {
  if ('text' in answer) return answer.text.replace(ADDRESS, 'generator object');
  return `!! ${STAND_INS[answer.error] ?? answer.error} in ${answer.template}, line ${answer.line}`;
}

export async function render(one: Omit<Case, 'name'>): Promise<Answer> {
  try {
    const template = await environmentOf(one).getTemplate(one.main);
    return { text: await template.render(Object.fromEntries(Object.entries(one.values).map(revive))) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const place = error instanceof TemplateSyntaxError ? error.place : placesOf(error)[0];
    const { name, message } = error;
    return { error: name, template: place?.name ?? null, line: place?.line ?? null, message };
  }
}

function environmentOf({ files, options }: Omit<Case, 'name'>): Environment {
  const { autoescape, finalize, translations, newstyle, policies, ...rest } = options;
  // What it holds comes from the cases: the reference refuses an option that there is not.
  const plain: Partial<EnvironmentOptions> = rest;
  const environment = new Environment({
    ...plain,
    loader: new FunctionLoader((name) => files[name] ?? null),
    autoescape: autoescape === 'select' ? selectAutoescape() : autoescape === true,
    globals: GLOBALS,
    filters: { shout: named(['mark'], (value: unknown, mark = '!') => `${value}`.toUpperCase() + mark) },
    tests: { longer: named(['than'], (value: string, than = 3) => value.length > than) },
    policies: { i18nTrimmed: isDict(policies) && policies['ext.i18n.trimmed'] === true },
    ...(typeof finalize === 'string' ? { finalize: FINALIZERS[finalize] } : {}),
  });
  if (isDict(translations)) {
    environment.installGettext(translationsOf(translations), { newstyle: newstyle === true });
  } else if (plain.extensions?.includes('i18n')) environment.installNullTranslations();
  return environment;
}

function translationsOf(texts: { readonly [message: string]: Json }): Translations {
  const find = (message: string, otherwise = message) => `${texts[message] ?? otherwise}`;
  const chosen = (one: string, many: string, count: number) => (count === 1 ? one : many);
  return {
    gettext: (message) => find(message),
    ngettext: (one, many, count) => find(chosen(one, many, count)),
    pgettext: (context, message) => find(`${context}|${message}`, message),
    npgettext: (context, one, many, n) => find(`${context}|${chosen(one, many, n)}`, chosen(one, many, n)),
  };
}

/** What an app hands to templates: attributes and a method, nothing by item. */
class Point {
  readonly x: number;
  readonly y: number;

  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }

  get moved() {
    return named(['dx', 'dy'], (dx = 0, dy = 0) => new Point(this.x + dx, this.y + dy));
  }

  toString(): string {
    return `<${this.x},${this.y}>`;
  }
}

const GLOBALS = {
  add: named(['a', 'b'], (a: number, b = 10) => a + b),
  fail: named(['message'], (message = 'failed') => {
    throw new RangeError(message);
  }),
  show: withKeywords((...args: unknown[]) => args),
  point: named(['x', 'y'], (x: number, y: number) => new Point(x, y)),
};

const FINALIZERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  'none-empty': (value) => value ?? '',
  brackets: (value) => `[${value ?? 'None'}]`,
};

const revive = ([name, value]: readonly [string, Json]): [string, unknown] => [name, live(value)];

/** JSON has no Markup: `{ "$markup": text }` is one. */
function live(value: Json): unknown {
  if (Array.isArray(value)) return value.map(live);
  if (!isDict(value)) return value;
  const { $markup: html } = value;
  return html === undefined ? Object.fromEntries(Object.entries(value).map(revive)) : new Markup(html);
}

const isDict = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
