/** A compiled template: its renderings, whole or in pieces, and what it exports. */

import type { Compiled } from './compile/compiler.ts';
import type { Place } from './errors.ts';
import { Context } from './runtime/context.ts';
import type { BodyFunction, Engine, LoadedTemplate } from './runtime/contract.ts';
import { isPromise, run, stream, Writer } from './runtime/drive.ts';
import type { TemplateModule } from './runtime/module.ts';
import { makeModule } from './runtime/runtime.ts';
import type { Source } from './syntax/source.ts';
import { currentBudget, within } from './values/budget.ts';

/** What a template is rendered with: names and their values. */
export type TemplateContext = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

interface Functions {
  readonly root: BodyFunction;
  readonly blocks: ReadonlyMap<string, BodyFunction>;
}

export class Template implements LoadedTemplate {
  readonly engine: Engine;
  /** Its name for the loader; null for one made from a string. */
  readonly name: string | null;
  /** The file it was read from, where there is one. */
  readonly filename: string | null;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly root: BodyFunction;
  readonly blocks: ReadonlyMap<string, BodyFunction>;
  readonly #source: Source;
  readonly #isUpToDate: (() => boolean) | null;
  #module: unknown;

  constructor(
    engine: Engine,
    source: Source,
    compiled: Compiled,
    from: {
      readonly filename?: string;
      readonly isUpToDate?: () => boolean;
      readonly globals?: Readonly<Record<string, unknown>>;
    },
  ) {
    this.engine = engine;
    this.name = source.name;
    this.filename = from.filename ?? null;
    this.globals = from.globals ?? {};
    this.#source = source;
    this.#isUpToDate = from.isUpToDate ?? null;
    const { root, blocks } = instantiate(compiled, engine.runtime, this);
    this.root = root;
    this.blocks = blocks;
  }

  /** Whether what the loader has is still what was compiled. */
  get isUpToDate(): boolean {
    return this.#isUpToDate?.() ?? true;
  }

  place(offset: number): Place {
    return this.#source.place(offset);
  }

  /** The template's text with these values. Promises among them are waited for where the template uses them. */
  async render(context: TemplateContext = {}): Promise<string> {
    const writer = new Writer();
    const own = Context.for(this, context);
    const result = within(own.budget, () => run(this.root(own, writer)));
    if (isPromise(result)) await result;
    return writer.s;
  }

  /** The same piece by piece: what is known is given before anything is waited for. */
  generate(context: TemplateContext = {}): AsyncGenerator<string, void, void> {
    const writer = new Writer(true);
    const own = Context.for(this, context);
    return stream(this.root(own, writer), writer, own.budget);
  }

  /** What the template sets at its own level when it runs with these values: macros and other values by name. */
  async module(context: TemplateContext = {}): Promise<TemplateModule> {
    const own = Context.for(this, context);
    return (await within(own.budget, () => makeModule(this, own))) as TemplateModule;
  }

  defaultModule(): unknown {
    if (this.#module === undefined) {
      const own = Context.for(this, {});
      // A template that imports this one pays for it.
      this.#module = within(currentBudget() ?? own.budget, () => makeModule(this, own));
      if (isPromise(this.#module)) {
        this.#module.then(
          (module) => {
            this.#module = module;
          },
          () => {
            this.#module = undefined;
          },
        );
      }
    }
    return this.#module;
  }
}

/** The compiled code holds the template's words only as literals and table entries: there is nothing of it to inject. */
function instantiate({ code, constants }: Compiled, runtime: unknown, template: Template): Functions {
  const make = new Function('rt', 'K', 'T', code);
  return make(runtime, constants, template);
}
