/** A template's tree as JavaScript: one generator function for its own level, one for each block. */
import { TemplateAssertionError } from '../errors.ts';
import { type Block, bodiesOf, type Stmt, type Template } from '../syntax/ast.ts';
import type { Source } from '../syntax/source.ts';
import { checkDepth } from './depth.ts';
import { Frame } from './frame.ts';
import { undeclared } from './names.ts';
import { Scope } from './scopes.ts';
import { StatementCompiler } from './statements.ts';
import { CompileError, type CompilerRules, Unit } from './unit.ts';

export interface Compiled {
  /** The body of a function of `rt`, `K` and `T`: the runtime, the constants, the template. */
  readonly code: string;
  readonly constants: readonly unknown[];
}

/** What of the runtime the generated code uses by name. */
export const RUNTIME_NAMES = [
  ...['add', 'subtract', 'multiply', 'divide', 'floorDivide', 'modulo', 'power', 'negate', 'positive'],
  ...['equals', 'less', 'lessOrEqual', 'greater', 'greaterOrEqual', 'isIn', 'truth', 'str', 'html', 'iterate'],
  ...[
    'attribute',
    'item',
    'sliceOf',
    'tuple',
    'dict',
    'joinText',
    'joinMarkup',
    'markIf',
    'keywordsOf',
    'unpack',
    'setNamespace',
  ],
  ...['call', 'callMethod', 'filter', 'test', 'finalize', 'undefinedHint', 'isPromise', 'loopOver', 'run', 'fault'],
  ...['getTemplate', 'includeTemplate', 'importModule', 'exported', 'extendedTwice', 'debugText'],
  ...['Markup', 'Undefined', 'Loop', 'Macro', 'Writer', 'FLUSH'],
] as const;

export function compile(template: Template, source: Source, rules: CompilerRules): Compiled {
  try {
    return compileTemplate(template, source, rules);
  } catch (error) {
    if (error instanceof CompileError) throw new TemplateAssertionError(error.message, source.place(error.offset));
    throw error;
  }
}

function compileTemplate({ body }: Template, source: Source, rules: CompilerRules): Compiled {
  checkDepth(body);
  const unit = new Unit(rules);
  const blocks = collectBlocks(body);
  const compiler = new TemplateCompiler(unit, (offset) => source.place(offset).line, hasExtends(body));
  const functions = [...blocks.values()].map((block) => [block.name, compiler.block(block)] as const);
  compiler.root(body);
  const code = [
    '"use strict";',
    `const { ${RUNTIME_NAMES.join(', ')} } = rt;`,
    'const { getPrototypeOf } = Object, ObjectPrototype = Object.prototype;',
    unit.sites,
    unit.code,
    `return { root, blocks: new Map([${functions.map(([name, fn]) => `[${JSON.stringify(name)}, ${fn}]`).join(', ')}]) };`,
  ].join('\n');
  return { code, constants: unit.constants };
}

const hasExtends = (body: readonly Stmt[]): boolean =>
  body.some((statement) => statement.kind === 'extends' || bodiesOf(statement).some(hasExtends));

function collectBlocks(body: readonly Stmt[], found = new Map<string, Block>()): ReadonlyMap<string, Block> {
  for (const statement of body) {
    if (statement.kind === 'block') {
      if (found.has(statement.name))
        throw new CompileError(`block '${statement.name}' defined twice`, statement.offset);
      found.set(statement.name, statement);
    }
    for (const inner of bodiesOf(statement)) collectBlocks(inner, found);
  }
  return found;
}

class TemplateCompiler extends StatementCompiler {
  #frame(scope: Scope, block: string | null, checksOutput: boolean): Frame {
    const isTop = block === null;
    return new Frame({
      scope,
      autoescape: String(this.unit.rules.autoescape),
      buffer: 'o',
      isStreamed: true,
      isTopLevel: isTop,
      isRoot: isTop,
      isSoft: false,
      checksOutput,
      block,
    });
  }

  root(body: readonly Stmt[]): void {
    const scope = new Scope(null);
    const special = undeclared(body, ['self']);
    const self = special.has('self') ? scope.parameter('self') : null;
    scope.statements(body);
    const frame = this.#frame(scope, null, this.mayExtend);
    this.inFunction(
      'const root = function* (c, w) { let o = "", parent = null;',
      () => {
        if (self) this.unit.line(`const ${self} = c.self();`);
        this.enter(frame);
        this.statements(body, frame);
        this.unit.line('w.s += o; o = "";');
        if (this.mayExtend) this.unit.line('if (parent !== null) yield* parent.root(c, w);');
      },
      '};',
    );
  }

  /** @returns the name of the block's function */
  block(block: Block): string {
    const name = this.unit.fresh('block');
    const scope = new Scope(null);
    const special = undeclared(block.body, ['self', 'super']);
    const self = special.has('self') ? scope.parameter('self') : null;
    const above = special.has('super') ? scope.parameter('super') : null;
    scope.statements(block.body);
    const frame = this.#frame(scope, block.name, false);
    this.inFunction(
      `const ${name} = function* (c, w) { let o = "";`,
      () => {
        if (self) this.unit.line(`const ${self} = c.self();`);
        if (above) this.unit.line(`const ${above} = c.above(${JSON.stringify(block.name)}, ${name});`);
        this.enter(frame);
        this.statements(block.body, frame);
        this.unit.line('w.s += o;');
      },
      '};',
    );
    return name;
  }
}
