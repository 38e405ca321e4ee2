/** The names that a template sees while it runs, and the blocks that its family of templates defines. */
import { TemplateRuntimeError } from '../errors.ts';
import { GET_ATTRIBUTE } from '../values/attributes.ts';
import { Budget } from '../values/budget.ts';
import { CallableObject } from '../values/callable.ts';
import { Markup } from '../values/markup.ts';
import { repr } from '../values/printing.ts';
import type { Undefined } from '../values/undefined.ts';
import type { BodyFunction, Engine, LoadedTemplate, Names } from './contract.ts';
import { run, Writer } from './drive.ts';

/** Names and values, looked up in order. */
type Layer = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

export class Context implements Names {
  readonly engine: Engine;
  readonly name: string | null;
  readonly autoescape: boolean;
  readonly #layers: readonly Layer[];
  readonly #vars = new Map<string, unknown>();
  readonly #exported = new Set<string>();
  readonly #blocks: Map<string, BodyFunction[]>;
  /** How long and how much a sandboxed rendering may go on: shared by all contexts of one. */
  readonly budget: Budget | null;

  private constructor(
    template: Pick<LoadedTemplate, 'engine' | 'name'>,
    layers: readonly Layer[],
    blocks: Map<string, BodyFunction[]>,
    budget: Budget | null,
  ) {
    this.engine = template.engine;
    this.name = template.name;
    this.autoescape = this.engine.autoescapeFor(this.name);
    this.#layers = layers;
    this.#blocks = blocks;
    this.budget = budget;
  }

  /** For a rendering that begins. */
  static for(template: LoadedTemplate, vars: Layer): Context {
    const { engine, globals } = template;
    const { limits } = engine;
    const budget = limits ? new Budget(limits.time, limits.output) : null;
    return new Context(template, [vars, globals, engine.globals], blocksOf(template), budget);
  }

  /** The value of a name; undefined when it has none. */
  resolve(name: string): unknown {
    const own = this.#vars.get(name);
    if (own !== undefined) return own;
    for (const layer of this.#layers) {
      const value = layer instanceof Map ? layer.get(name) : ownValue(layer, name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** The value of a name, or what undefined is here. */
  get(name: string): unknown {
    return this.resolve(name) ?? (this.resolve(name) === null ? null : this.missing(name));
  }

  missing(name: string): Undefined {
    return this.engine.undefined({ name });
  }

  /** Sets a name that other templates may import. */
  export(name: string, value: unknown): void {
    this.keep(name, value);
    this.#exported.add(name);
  }

  /** Sets a name for this template and its blocks. */
  keep(name: string, value: unknown): void {
    this.#vars.set(name, value);
    this.#exported.delete(name);
  }

  /** What the template exports, by name. */
  exports(): ReadonlyMap<string, unknown> {
    return new Map([...this.#exported].map((name) => [name, this.#vars.get(name)]));
  }

  /** All names, for those who list them. */
  all(): Record<string, unknown> {
    const layers = [this.#vars, ...this.#layers].reverse();
    return Object.fromEntries(layers.flatMap((layer) => (layer instanceof Map ? [...layer] : Object.entries(layer))));
  }

  #below(
    template: Pick<LoadedTemplate, 'engine' | 'name'>,
    locals: Layer,
    blocks: Map<string, BodyFunction[]>,
  ): Context {
    return new Context(template, [locals, this.#vars, ...this.#layers], blocks, this.budget);
  }

  /** For a scoped block: the names of the place where it stands as well. */
  derived(locals: Layer): Context {
    return this.#below(this, locals, this.#blocks);
  }

  /** For a template that is included, or imported with its context. */
  included(template: LoadedTemplate, locals: Layer): Context {
    return this.#below(template, locals, blocksOf(template));
  }

  /** For one that is included without. */
  fresh(template: LoadedTemplate): Context {
    const { engine, globals } = template;
    return new Context(template, [globals, engine.globals], blocksOf(template), this.budget);
  }

  addBlocks({ blocks }: LoadedTemplate): void {
    for (const [name, block] of blocks) {
      const known = this.#blocks.get(name);
      if (known) known.push(block);
      else this.#blocks.set(name, [block]);
    }
  }

  /** The block of this name that the last descendant defines. */
  block(name: string): BodyFunction {
    const block = this.#blocks.get(name)?.[0];
    if (!block) throw new TemplateRuntimeError(`there is no block named '${name}'.`);
    return block;
  }

  require(name: string): void {
    if ((this.#blocks.get(name)?.length ?? 0) < 2) throw new TemplateRuntimeError(`Required block '${name}' not found`);
  }

  /** `super` in a block. */
  above(name: string, current: BodyFunction): unknown {
    const blocks = this.#blocks.get(name) ?? [];
    const index = blocks.indexOf(current) + 1;
    if (index < blocks.length) return new BlockReference(this, name, blocks, index);
    return this.engine.undefined({ hint: `there is no parent block called '${name}'.`, name: 'super' });
  }

  /** `self`. */
  self(): SelfReference {
    return new SelfReference(this, this.#blocks);
  }

  /** Ends a sandboxed rendering that goes on for too long or writes too much. */
  tick(written: number): void {
    this.budget?.checkText(written);
    this.budget?.spend(TICK);
  }
}

/** What a turn of a loop costs, whatever it does. */
const TICK = 64;

const ownValue = (layer: Layer, name: string): unknown =>
  Object.hasOwn(layer, name) ? Reflect.get(layer, name) : undefined;

const blocksOf = ({ blocks }: LoadedTemplate): Map<string, BodyFunction[]> =>
  new Map([...blocks].map(([name, block]) => [name, [block]]));

/** A block that can be called, and the one above it. */
class BlockReference extends CallableObject {
  readonly #context: Context;
  readonly name: string;
  readonly #stack: readonly BodyFunction[];
  readonly #depth: number;

  constructor(context: Context, name: string, stack: readonly BodyFunction[], depth: number) {
    super();
    this.#context = context;
    this.name = name;
    this.#stack = stack;
    this.#depth = depth;
  }

  [GET_ATTRIBUTE](name: string): unknown {
    if (name === 'name') return this.name;
    if (name !== 'super') return undefined;
    if (this.#depth + 1 < this.#stack.length) {
      return new BlockReference(this.#context, this.name, this.#stack, this.#depth + 1);
    }
    return this.#context.engine.undefined({ hint: `there is no parent block called '${this.name}'.`, name: 'super' });
  }

  override invoke(): unknown {
    const writer = new Writer();
    const block = this.#stack[this.#depth];
    if (!block) return '';
    const finish = () => (this.#context.autoescape ? new Markup(writer.s) : writer.s);
    const result = run(block(this.#context, writer));
    return result instanceof Promise ? result.then(finish) : finish();
  }
}

class SelfReference {
  readonly #context: Context;
  readonly #blocks: ReadonlyMap<string, readonly BodyFunction[]>;

  constructor(context: Context, blocks: ReadonlyMap<string, readonly BodyFunction[]>) {
    this.#context = context;
    this.#blocks = blocks;
  }

  [GET_ATTRIBUTE](name: string): unknown {
    const stack = this.#blocks.get(name);
    return stack ? new BlockReference(this.#context, name, stack, 0) : undefined;
  }

  toString(): string {
    return `<TemplateReference ${repr(this.#context.name)}>`;
  }
}
