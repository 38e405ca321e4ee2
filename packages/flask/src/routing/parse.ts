/** Parses a rule's text, `/user/<int:id>/edit`, into the parts that the matcher walks and the trace that building follows. */
import {
  type BaseConverter,
  type ConverterArgument,
  type ConverterArguments,
  type ConverterClass,
  escapeRegex,
} from './converters.ts';

/** How specific a part is; compared member by member, the lower the earlier it is tried. */
export interface Weight {
  readonly statics: number;
  readonly staticWeights: readonly (readonly [index: number, negativeLength: number])[];
  readonly arguments: number;
  readonly argumentWeights: readonly number[];
}

/** What is between two slashes; from a variable on that may contain slashes, all the rest of the rule. */
export type Part =
  | { readonly kind: 'static'; readonly text: string }
  | {
      readonly kind: 'dynamic';
      /** Source of the expression, to tell equal parts. */
      readonly source: string;
      readonly pattern: RegExp;
      /** A variable alone that takes any text: no expression needs to run. */
      readonly takesAll: boolean;
      /** Whether it is matched against all that is left of the path. */
      readonly final: boolean;
      /** A slash ends it, which may be missing: its last group tells. */
      readonly suffixed: boolean;
      readonly weight: Weight;
    };

export type TraceItem =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string };

export interface ParsedRule {
  readonly parts: readonly Part[];
  readonly trace: readonly TraceItem[];
  readonly converters: ReadonlyMap<string, BaseConverter>;
}

const TOKEN =
  /(?<slash>\/)|(?<text>[^</]+)|<(?:(?<converter>[a-zA-Z_][a-zA-Z0-9_]*)(?:\((?<args>.*?)\))?:)?(?<variable>[a-zA-Z_][a-zA-Z0-9_]*)>/y;

const ARGUMENT = /(?:(?<name>\w+)\s*=\s*)?(?:(?<bare>[\w.+-]+)|"(?<double>[^"]*)"|'(?<single>[^']*)')\s*(?:,|$)/g;

function argumentValue(text: string): ConverterArgument {
  if (text === 'True' || text === 'true') return true;
  if (text === 'False' || text === 'false') return false;
  if (text === 'None') return null;
  return /^[+-]?\d+(\.\d*)?$/.test(text) ? Number(text) : text;
}

/** `5, length=2` of `<string(5, length=2):code>`. */
export function parseConverterArguments(text: string): ConverterArguments {
  const positional: ConverterArgument[] = [];
  const named: Record<string, ConverterArgument> = {};
  for (const { groups = {} } of text.matchAll(ARGUMENT)) {
    const { name, bare, double, single } = groups;
    const value = bare === undefined ? (double ?? single ?? '') : argumentValue(bare);
    if (name === undefined) positional.push(value);
    else named[name] = value;
  }
  return { positional, named };
}

/** One part while it is read. */
class PartBuilder {
  #source = '';
  #text = '';
  #isStatic = true;
  #final = false;
  readonly #staticWeights: [number, number][] = [];
  readonly #argumentWeights: number[] = [];

  addText(text: string): void {
    this.#staticWeights.push([this.#staticWeights.length, -text.length]);
    this.#text += text;
    this.#source += escapeRegex(text);
  }

  addVariable(converter: BaseConverter): void {
    this.#isStatic = false;
    if (!converter.partIsolating) this.#final = true;
    this.#source += `(${converter.regex})`;
    this.#argumentWeights.push(converter.weight);
  }

  /** False when the part goes on behind the slash. */
  endsAtSlash(): boolean {
    if (!this.#final) return true;
    this.#source += '/';
    return false;
  }

  /** One part, or with a slash behind a variable that may contain slashes, two: so a missing one is found out. */
  finish(): readonly Part[] {
    if (this.#isStatic) return [{ kind: 'static', text: this.#text }];
    const suffixed = this.#final && this.#source.endsWith('/');
    if (suffixed) this.#source = `${this.#source.slice(0, -1)}(?<!\\/)(\\/?)`;
    const part: Part = {
      kind: 'dynamic',
      source: this.#source,
      pattern: new RegExp(`^${this.#source}$`, 'u'),
      takesAll: this.#source === '([^/]{1,})',
      final: this.#final,
      suffixed,
      weight: {
        statics: -this.#staticWeights.length,
        staticWeights: this.#staticWeights,
        arguments: -this.#argumentWeights.length,
        argumentWeights: this.#argumentWeights,
      },
    };
    return suffixed ? [part, { kind: 'static', text: '' }] : [part];
  }
}

/**
 * @param rule a path with a leading slash, or a host
 * @throws SyntaxError when the rule is malformed, RangeError when it names a converter that does not exist
 */
export function parseRule(rule: string, classes: Readonly<Record<string, ConverterClass>>): ParsedRule {
  const parts: Part[] = [];
  const trace: TraceItem[] = [];
  const converters = new Map<string, BaseConverter>();
  let part = new PartBuilder();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < rule.length) {
    const token = TOKEN.exec(rule)?.groups;
    if (token === undefined) throw new SyntaxError(`malformed url rule: '${rule}'`);
    const { text, variable, converter = 'default', args = '' } = token;
    if (text !== undefined) {
      trace.push({ kind: 'text', text });
      part.addText(text);
    } else if (variable !== undefined) {
      if (converters.has(variable)) throw new SyntaxError(`variable name '${variable}' used twice in '${rule}'`);
      const made = createConverter(classes, converter, args);
      trace.push({ kind: 'variable', name: variable });
      converters.set(variable, made);
      part.addVariable(made);
    } else {
      trace.push({ kind: 'text', text: '/' });
      if (!part.endsAtSlash()) continue;
      parts.push(...part.finish());
      part = new PartBuilder();
    }
  }
  parts.push(...part.finish());
  return { parts, trace, converters };
}

function createConverter(classes: Readonly<Record<string, ConverterClass>>, name: string, args: string): BaseConverter {
  const Converter = Object.hasOwn(classes, name) ? classes[name] : undefined;
  if (Converter === undefined) throw new RangeError(`the converter '${name}' does not exist`);
  return new Converter(parseConverterArguments(args)) as BaseConverter;
}

/** Negative when `a` is tried before `b`. */
export function compareWeights(a: Weight, b: Weight): number {
  return (
    a.statics - b.statics ||
    compareLists(a.staticWeights.flat(), b.staticWeights.flat()) ||
    a.arguments - b.arguments ||
    compareLists(a.argumentWeights, b.argumentWeights)
  );
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    if (left !== right) return left - right;
  }
  return a.length - b.length;
}
