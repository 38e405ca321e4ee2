/** Statements as JavaScript, written into the unit line by line. */
import type {
  Block,
  CallBlock,
  Expr,
  For,
  FromImport,
  If,
  Import,
  Include,
  Macro,
  Output,
  Parameter,
  Stmt,
  Target,
} from '../syntax/ast.ts';
import { escapeToHtml, str } from '../values/printing.ts';
import { truth } from '../values/truth.ts';
import { ExpressionCompiler } from './expressions.ts';
import type { Frame } from './frame.ts';
import { needsLookahead, needsLoop } from './loops.ts';
import { eachTarget, isTarget, undeclared } from './names.ts';
import { optimize } from './optimizer.ts';
import { loopScope, Scope } from './scopes.ts';
import { CompileError, type Unit } from './unit.ts';

/** After so many characters of a loop's output a stream hands on what it has. */
const CHUNK = 8192;

export class StatementCompiler extends ExpressionCompiler {
  /** Whether some statement of the template is `extends`. */
  readonly #mayExtend: boolean;
  #extends = 0;
  #isSurelyExtended = false;
  #declared: string[][] = [];
  /** In how many loops of each function that is being written. */
  readonly #loops: number[] = [];

  constructor(unit: Unit, lineOf: (offset: number) => number, mayExtend: boolean) {
    super(unit, lineOf);
    this.#mayExtend = mayExtend;
  }

  protected override declare(name: string): void {
    this.#declared.at(-1)?.push(name);
  }

  /** Writes a function's head, body and end around what `write` writes; its variables are known after that. */
  protected inFunction(head: string, write: () => void, end: string): void {
    this.#declared.push([]);
    this.#loops.push(0);
    const { unit } = this;
    const body = unit.captured(write);
    const declared = this.#declared.pop() ?? [];
    this.#loops.pop();
    unit.line(head);
    unit.line(`let t, v, p = 0${declared.map((name) => `, ${name}`).join('')};`);
    unit.line('try {');
    for (const line of body) unit.line(line);
    unit.line('} catch (e) { throw fault(e, T, p); }');
    unit.line(end);
  }

  /** Declares the variables of a frame's scope. */
  protected enter(frame: Frame): void {
    for (const [variable, load] of frame.state.scope.loads) {
      if (load.kind === 'context') this.unit.line(`let ${variable} = c.resolve(${JSON.stringify(load.name)});`);
      else if (load.kind === 'outer') this.unit.line(`let ${variable} = ${load.variable};`);
      else if (load.kind === 'nothing') this.unit.line(`let ${variable};`);
    }
  }

  statements(body: readonly Stmt[], frame: Frame): void {
    for (const statement of body) {
      if (statement.kind !== 'output' && statement.kind !== 'block') this.unit.line(`p = ${statement.offset};`);
      this.#statement(statement, frame);
    }
  }

  #statement(statement: Stmt, frame: Frame): void {
    switch (statement.kind) {
      case 'output':
        this.#output(statement, frame);
        return;
      case 'if':
        this.#if(statement, frame);
        return;
      case 'for':
        this.#for(statement, frame);
        return;
      case 'assign':
        this.unit.line(`v = ${this.expr(statement.value, frame)};`);
        this.#assign(statement.target, 'v', frame);
        return;
      case 'assignBlock':
        this.#assignBlock(statement, frame);
        return;
      case 'macro':
        this.#macro(statement, frame);
        return;
      case 'callBlock':
        this.#callBlock(statement, frame);
        return;
      case 'filterBlock':
        this.#filterBlock(statement, frame);
        return;
      case 'with':
        this.#with(statement, frame);
        return;
      case 'autoescape':
        this.#autoescape(statement.value, statement.body, frame);
        return;
      case 'block':
        this.#block(statement, frame);
        return;
      case 'extends':
        this.#extend(statement.template, statement.offset, frame);
        return;
      case 'include':
        this.#include(statement, frame);
        return;
      case 'import':
        this.#import(statement, frame);
        return;
      case 'fromImport':
        this.#fromImport(statement, frame);
        return;
      case 'do':
        this.unit.line(`${this.expr(statement.value, frame)};`);
        return;
      case 'break':
      case 'continue':
        if (this.#loops.at(-1) === 0) throw new CompileError(`'${statement.kind}' outside loop`, statement.offset);
        this.unit.line(`${statement.kind};`);
        return;
      case 'debug':
        this.#write(shown('debugText(c)', frame), frame);
        return;
    }
  }

  /** Whether nothing here is ever written. */
  #isSilent(frame: Frame): boolean {
    return this.#isSurelyExtended && frame.state.checksOutput;
  }

  /** Adds text to the output, which is JavaScript of a text. */
  #write(code: string, frame: Frame): void {
    if (this.#isSilent(frame)) return;
    const line = `${frame.state.buffer} += ${code};`;
    this.unit.line(frame.state.checksOutput ? `if (parent === null) ${line}` : line);
  }

  #output({ parts }: Output, frame: Frame): void {
    if (this.#isSilent(frame)) return;
    const { buffer, autoescape, checksOutput } = frame.state;
    if (checksOutput) this.unit.line('if (parent === null) {');
    let text = '';
    const flush = () => {
      if (text !== '') this.unit.line(`${buffer} += ${JSON.stringify(text)};`);
      text = '';
    };
    for (const unoptimized of parts) {
      const part = unoptimized.kind === 'data' ? unoptimized : optimize(unoptimized);
      if (part.kind === 'data') text += part.text;
      else if (part.kind === 'const' && autoescape.length < 6 && !this.unit.rules.hasFinalize && isText(autoescape)) {
        text += autoescape === 'true' ? escapeToHtml(part.value) : str(part.value);
      } else {
        flush();
        this.unit.line(`p = ${part.offset}; v = ${this.#finalized(part, frame)};`);
        this.unit.line(`${buffer} += ${shown('v', frame)};`);
      }
    }
    flush();
    if (checksOutput) this.unit.line('}');
  }

  #finalized(part: Expr, frame: Frame): string {
    const code = this.expr(part, frame);
    return this.unit.rules.hasFinalize ? this.awaited(`finalize(c, ${code}, ${frame.state.autoescape})`, frame) : code;
  }

  #if(statement: If, frame: Frame): void {
    const soft = frame.soft();
    this.unit.line(`if (${this.condition(statement.test, soft)}) {`);
    this.statements(statement.body, soft);
    for (const { test, body, offset } of statement.elifs) {
      this.unit.line(`} else if (p = ${offset}, ${this.condition(test, soft)}) {`);
      this.statements(body, soft);
    }
    if (statement.otherwise.length > 0) {
      this.unit.line('} else {');
      this.statements(statement.otherwise, soft);
    }
    this.unit.line('}');
  }

  #for(loop: For, frame: Frame): void {
    const { unit } = this;
    const isExtended = needsLoop(loop);
    if (isExtended) refuseLoopTarget(loop.target, loop.offset);
    const inner = frame.inner(loopScope(frame.state.scope, loop, 'body', isExtended));
    const iterable = this.awaited(`loopOver(${this.expr(loop.iterable, frame)})`, frame);
    unit.line('{');
    if (loop.isRecursive) this.#recursive(loop, inner, frame, iterable);
    else this.#loop(loop, inner, frame, iterable, '0', 'null');
    unit.line('}');
  }

  /** A function that goes through a level of a tree, and calls itself by `loop(…)`. */
  #recursive(loop: For, inner: Frame, frame: Frame, iterable: string): void {
    const { unit } = this;
    const name = unit.fresh('f');
    const buffer = unit.fresh('b');
    unit.line(`const ${name} = function* (src, depth) { let ${buffer} = "";`);
    const buffered = inner.with({ buffer, isStreamed: false, checksOutput: false });
    const outer = frame.with({ buffer, isStreamed: false, checksOutput: false });
    this.inFunction(
      '',
      () => this.#loop(loop, buffered, outer, 'src', 'depth', `(s, d) => run(${name}(loopOver(s), d))`),
      `return ${captured(buffer, frame)}; };`,
    );
    unit.line(`v = yield* ${name}(${iterable}, 0);`);
    this.#write('str(v)', frame);
  }

  #loop(loop: For, inner: Frame, frame: Frame, iterable: string, depth: string, recurse: string): void {
    const { unit } = this;
    const isEmpty = loop.otherwise.length > 0 ? unit.fresh('n') : null;
    if (isEmpty) unit.line(`let ${isEmpty} = true;`);
    const isExtended = needsLoop(loop);
    const item = unit.fresh('i');
    const filtersBefore = loop.test !== null && isExtended && needsLookahead(loop);
    let source = iterable;
    if (filtersBefore) {
      source = unit.fresh('s');
      unit.line(`const ${source} = [];`);
      unit.line(`for (let ${item} of ${iterable}) {`);
      this.#test(loop, item, frame, `${source}.push(${item});`);
      unit.line('}');
    }
    const loopVariable = isExtended ? inner.state.scope.variable('loop') : null;
    if (loopVariable !== null) {
      unit.line(`const ${loopVariable} = new Loop(${source}, ${depth}, ${recurse}, undefinedHint);`);
      unit.line(`for (let ${item} of ${loopVariable}) {`);
    } else unit.line(`for (let ${item} of ${source}) {`);
    if (unit.rules.isSandboxed) unit.line(`c.tick(${frame.state.buffer}.length);`);
    unit.line(`if (typeof ${item} === "object" && isPromise(${item})) ${item} = yield ${item};`);
    if (loop.test && !filtersBefore) {
      const skip = loopVariable === null ? 'continue;' : `{ ${loopVariable}.skip(); continue; }`;
      unit.line('{');
      this.#bind(loop, item, frame);
      unit.line(`p = ${loop.test.offset};`);
      unit.line(`if (!${this.condition(loop.test, this.#testFrame(loop, frame))}) ${skip}`);
      unit.line('}');
    }
    this.#unpack(loop.target, item, inner, true);
    this.enter(inner);
    this.#countLoops(1);
    this.statements(loop.body, inner);
    this.#countLoops(-1);
    // Jinja's loop counts as one without items until an item's body has come to its end.
    if (isEmpty) unit.line(`${isEmpty} = false;`);
    if (inner.state.isStreamed) {
      unit.line(`if (o.length > ${CHUNK} && w.isStreaming) { w.s += o; o = ""; yield FLUSH; }`);
    }
    unit.line('}');
    if (!isEmpty) return;
    const otherwise = frame.inner(loopScope(frame.state.scope, loop, 'otherwise'));
    unit.line(`if (${isEmpty}) {`);
    this.enter(otherwise);
    this.statements(loop.otherwise, otherwise);
    unit.line('}');
  }

  #countLoops(by: number): void {
    this.#loops.push((this.#loops.pop() ?? 0) + by);
  }

  #testFrame(loop: For, frame: Frame): Frame {
    return frame.inner(loopScope(frame.state.scope, loop, 'test'));
  }

  #bind(loop: For, item: string, frame: Frame): void {
    const test = this.#testFrame(loop, frame);
    this.#unpack(loop.target, item, test, true);
    this.enter(test);
  }

  #test(loop: For, item: string, frame: Frame, then: string): void {
    if (!loop.test) return;
    this.#bind(loop, item, frame);
    this.unit.line(`p = ${loop.test.offset};`);
    this.unit.line(`if (${this.condition(loop.test, this.#testFrame(loop, frame))}) { ${then} }`);
  }

  /** Assigns a value to what a loop or `with` declares. */
  #unpack(target: Target, value: string, frame: Frame, declares: boolean): void {
    const { unit } = this;
    if (target.kind === 'name') {
      unit.line(`${declares ? 'let ' : ''}${frame.state.scope.variable(target.name)} = ${value};`);
    } else if (target.kind === 'nsref') {
      const object = this.expr({ kind: 'name', name: target.name, offset: target.offset }, frame);
      unit.line(`setNamespace(${object}, ${JSON.stringify(target.attribute)}, ${value});`);
    } else {
      const list = unit.fresh('u');
      unit.line(`const ${list} = unpack(${value}, ${target.items.length});`);
      target.items.forEach((item, i) => {
        if (isTarget(item)) this.#unpack(item, `${list}[${i}]`, frame, declares);
      });
    }
  }

  #assign(target: Target, value: string, frame: Frame): void {
    this.unit.line('{');
    this.#unpack(target, value, frame, false);
    this.unit.line('}');
    if (!frame.state.isTopLevel) return;
    eachTarget(
      target,
      (name) => this.#export(name, frame),
      () => {},
    );
  }

  #export(name: string, frame: Frame): void {
    const method = name.startsWith('_') ? 'keep' : 'export';
    this.unit.line(`c.${method}(${JSON.stringify(name)}, ${frame.state.scope.variable(name)});`);
  }

  /** Writes what `write` outputs into a variable of its own. @returns its name */
  #capture(frame: Frame, write: (frame: Frame) => void): string {
    const buffer = this.unit.fresh('b');
    this.unit.line(`let ${buffer} = "";`);
    write(frame.with({ buffer, isStreamed: false, checksOutput: false }));
    return buffer;
  }

  #assignBlock(statement: Extract<Stmt, { kind: 'assignBlock' }>, frame: Frame): void {
    const scope = new Scope(frame.state.scope);
    scope.statements(statement.body);
    if (statement.filter) scope.expression(statement.filter);
    this.unit.line('{');
    const buffer = this.#capture(frame.inner(scope), (inner) => {
      this.enter(inner);
      this.statements(statement.body, inner);
    });
    const value = captured(buffer, frame);
    const inner = frame.inner(scope);
    this.unit.line(`v = ${statement.filter ? this.filter(statement.filter, inner, value) : value};`);
    this.unit.line('}');
    this.#assign(statement.target, 'v', frame);
  }

  #filterBlock(statement: Extract<Stmt, { kind: 'filterBlock' }>, frame: Frame): void {
    const scope = new Scope(frame.state.scope);
    scope.statements(statement.body);
    scope.expression(statement.filter);
    const inner = frame.inner(scope);
    this.unit.line('{');
    const buffer = this.#capture(inner, (captor) => {
      this.enter(captor);
      this.statements(statement.body, captor);
    });
    this.unit.line(`v = ${this.filter(statement.filter, inner, captured(buffer, frame))};`);
    this.#write('str(v)', frame);
    this.unit.line('}');
  }

  #with(statement: Extract<Stmt, { kind: 'with' }>, frame: Frame): void {
    const scope = new Scope(frame.state.scope);
    for (const target of statement.targets) scope.parameters(target);
    scope.statements(statement.body);
    const inner = frame.inner(scope);
    this.unit.line('{');
    const values = statement.values.map((value) => {
      const name = this.unit.fresh('y');
      this.unit.line(`const ${name} = ${this.expr(value, frame)};`);
      return name;
    });
    statement.targets.forEach((target, i) => {
      this.#unpack(target, values[i] ?? 'null', inner, true);
    });
    this.enter(inner);
    this.statements(statement.body, inner);
    this.unit.line('}');
  }

  #autoescape(value: Expr, body: readonly Stmt[], frame: Frame): void {
    const scope = new Scope(frame.state.scope);
    scope.expression(value);
    scope.statements(body);
    const inner = frame.inner(scope);
    this.unit.line('{');
    this.enter(inner);
    const folded = optimize(value);
    let autoescape = this.unit.fresh('e');
    if (folded.kind === 'const') autoescape = String(truth(folded.value));
    else this.unit.line(`const ${autoescape} = ${this.condition(value, inner)};`);
    this.statements(body, inner.with({ autoescape }));
    this.unit.line('}');
  }

  /** A macro's body as a function, and the object of it. */
  #macroCode(
    name: string | null,
    parameters: readonly Parameter[],
    body: readonly Stmt[],
    frame: Frame,
    offset: number,
  ): string {
    const { unit } = this;
    const special = undeclared(body, ['caller', 'kwargs', 'varargs']);
    const names = parameters.map((parameter) => parameter.name);
    const explicit = parameters.find((parameter) => parameter.name === 'caller');
    if (explicit && !explicit.otherwise && bodyNames(body).has('caller')) {
      throw new CompileError(
        'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
        offset,
      );
    }
    const scope = new Scope(frame.state.scope);
    const variables = names.map((parameter) => scope.parameter(parameter));
    const uses = (word: string) => special.has(word) && !names.includes(word);
    for (const word of ['caller', 'kwargs', 'varargs']) if (uses(word)) variables.push(scope.parameter(word));
    for (const { otherwise } of parameters) scope.expression(otherwise);
    scope.statements(body);
    const buffer = unit.fresh('b');
    const inner = frame.inner(scope, { buffer, isStreamed: false, checksOutput: false, isSoft: false });
    const fn = unit.fresh('m');
    this.inFunction(
      `const ${fn} = function* (${variables.join(', ')}) { let ${buffer} = "";`,
      () => {
        if (unit.rules.isSandboxed) unit.line('c.tick(0);');
        this.enter(inner);
        parameters.forEach(({ name: parameter, otherwise }, i) => {
          const hint = JSON.stringify(`parameter '${parameter}' was not provided`);
          const missing = otherwise
            ? this.expr(otherwise, inner)
            : `undefinedHint(${hint}, ${JSON.stringify(parameter)})`;
          unit.line(`if (${variables[i]} === undefined) ${variables[i]} = ${missing};`);
        });
        this.statements(body, inner);
      },
      `return ${buffer}; };`,
    );
    const takesCaller = special.has('caller') || explicit !== undefined;
    const flags = [uses('kwargs'), uses('varargs'), takesCaller, explicit !== undefined].join(', ');
    return `new Macro(rt, ${JSON.stringify(name)}, ${JSON.stringify(names)}, ${flags}, ${frame.state.autoescape}, ${fn})`;
  }

  #macro(macro: Macro, frame: Frame): void {
    const code = this.#macroCode(macro.name, macro.parameters, macro.body, frame, macro.offset);
    this.unit.line(`${frame.state.scope.variable(macro.name)} = ${code};`);
    if (frame.state.isTopLevel) this.#export(macro.name, frame);
  }

  #callBlock(block: CallBlock, frame: Frame): void {
    this.unit.line('{');
    const caller = this.unit.fresh('q');
    const code = this.#macroCode(null, block.parameters, block.body, frame, block.offset);
    this.unit.line(`const ${caller} = ${code};`);
    this.unit.line(`v = ${this.awaited(this.call(block.call, frame, [`["caller"]: ${caller}`]), frame)};`);
    this.#write('str(v)', frame);
    this.unit.line('}');
  }

  /** Hands what was written to the page before another function adds to it. */
  #flush(frame: Frame): void {
    if (frame.state.isStreamed) this.unit.line('w.s += o; o = "";');
  }

  /** Runs a generator that writes to the page, here into the current buffer. @param code Of the generator, `W` the writer. */
  #delegate(code: string, frame: Frame): void {
    if (frame.state.isStreamed) {
      this.#flush(frame);
      this.unit.line(`yield* ${code.replace('$W', 'w')};`);
      return;
    }
    const writer = this.unit.fresh('w');
    this.unit.line(`const ${writer} = new Writer();`);
    this.unit.line(`yield* ${code.replace('$W', writer)};`);
    this.unit.line(`${frame.state.buffer} += ${writer}.s;`);
  }

  #block(block: Block, frame: Frame): void {
    const isAtTop = frame.state.isTopLevel;
    if (isAtTop && this.#isSurelyExtended) return;
    const guards = isAtTop && this.#extends > 0;
    this.unit.line(guards ? 'if (parent === null) {' : '{');
    this.unit.line(`p = ${block.offset};`);
    const name = JSON.stringify(block.name);
    if (block.isRequired) this.unit.line(`c.require(${name});`);
    const context = block.isScoped ? `c.derived(${this.#locals(frame)})` : 'c';
    this.#delegate(`c.block(${name})(${context}, $W)`, frame);
    this.unit.line('}');
  }

  /** The variables that are set here, for a context within this one. */
  #locals(frame: Frame): string {
    const entries = [...frame.state.scope.stored()].map(([name, variable]) => `[${JSON.stringify(name)}]: ${variable}`);
    return `{${entries.join(', ')}}`;
  }

  #extend(template: Expr, offset: number, frame: Frame): void {
    if (!frame.state.isTopLevel) throw new CompileError('cannot use extend from a non top-level scope', offset);
    const { unit } = this;
    if (this.#extends > 0) unit.line('if (parent !== null) throw extendedTwice();');
    unit.line(`parent = ${this.awaited(`getTemplate(${this.expr(template, frame)}, T)`, frame)};`);
    unit.line('c.addBlocks(parent);');
    if (frame.state.isRoot) this.#isSurelyExtended = true;
    this.#extends++;
  }

  get mayExtend(): boolean {
    return this.#mayExtend;
  }

  #include(include: Include, frame: Frame): void {
    if (this.#isSilent(frame)) return;
    const { unit } = this;
    const template = unit.fresh('g');
    unit.line(frame.state.checksOutput ? 'if (parent === null) {' : '{');
    const name = this.expr(include.template, frame);
    unit.line(`const ${template} = ${this.awaited(`includeTemplate(${name}, ${include.ignoresMissing}, T)`, frame)};`);
    unit.line(`if (${template} !== null) {`);
    const context = include.withContext ? `c.included(${template}, ${this.#locals(frame)})` : `c.fresh(${template})`;
    this.#delegate(`${template}.root(${context}, $W)`, frame);
    unit.line('}}');
  }

  #imported(statement: Import | FromImport, frame: Frame): string {
    const template = this.awaited(`getTemplate(${this.expr(statement.template, frame)}, T)`, frame);
    const locals = statement.withContext ? this.#locals(frame) : 'null';
    return this.awaited(`importModule(${template}, c, ${locals})`, frame);
  }

  #import(statement: Import, frame: Frame): void {
    const variable = frame.state.scope.variable(statement.target);
    this.unit.line(`${variable} = ${this.#imported(statement, frame)};`);
    if (frame.state.isTopLevel) this.unit.line(`c.keep(${JSON.stringify(statement.target)}, ${variable});`);
  }

  #fromImport(statement: FromImport, frame: Frame): void {
    this.unit.line(`v = ${this.#imported(statement, frame)};`);
    for (const { name, alias } of statement.names) {
      const variable = frame.state.scope.variable(alias);
      this.unit.line(`${variable} = exported(v, ${JSON.stringify(name)});`);
      if (frame.state.isTopLevel) this.unit.line(`c.keep(${JSON.stringify(alias)}, ${variable});`);
    }
  }
}

const isText = (autoescape: string) => autoescape === 'true' || autoescape === 'false';

/** A value as text, escaped where HTML is. */
const shown = (value: string, { state: { autoescape } }: Frame): string => {
  if (autoescape === 'true') return `html(${value})`;
  return autoescape === 'false' ? `str(${value})` : `(${autoescape} ? html : str)(${value})`;
};

/** What a captured buffer is: markup where HTML is escaped. */
const captured = (buffer: string, frame: Frame): string => {
  const { autoescape } = frame.state;
  if (autoescape === 'false') return buffer;
  return autoescape === 'true' ? `new Markup(${buffer})` : `(${autoescape} ? new Markup(${buffer}) : ${buffer})`;
};

const bodyNames = (body: readonly Stmt[]): ReadonlySet<string> => undeclared(body, ['caller']);

function refuseLoopTarget(target: Target, offset: number): void {
  const refuse = (name: string) => {
    if (name === 'loop') throw new CompileError("Can't assign to special loop variable in for-loop target", offset);
  };
  eachTarget(target, refuse, () => {});
}
