/**
 * Expressions as JavaScript. A value that may be a promise is waited for where it stands: `t` holds it while it is looked at,
 * and the generator that the template is yields it.
 */
import type { Args, BinaryOperator, Call, CompareOperator, Expr } from '../syntax/ast.ts';
import { DICT_METHODS } from '../values/container-methods.ts';
import type { Frame } from './frame.ts';
import { optimize } from './optimizer.ts';
import { CompileError, type Unit } from './unit.ts';

const BINARY: Readonly<Record<BinaryOperator, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '//': 'floorDivide',
  '%': 'modulo',
  '**': 'power',
};

const COMPARE: Readonly<Record<CompareOperator, (a: string, b: string) => string>> = {
  '==': (a, b) => `equals(${a}, ${b})`,
  '!=': (a, b) => `!equals(${a}, ${b})`,
  '<': (a, b) => `less(${a}, ${b})`,
  '<=': (a, b) => `lessOrEqual(${a}, ${b})`,
  '>': (a, b) => `greater(${a}, ${b})`,
  '>=': (a, b) => `greaterOrEqual(${a}, ${b})`,
  in: (a, b) => `isIn(${a}, ${b})`,
  'not in': (a, b) => `!isIn(${a}, ${b})`,
};

/** The loop's own numbers and truths: no lookup, no promise. */
const LOOP_VALUES = new Set(['index', 'index0', 'first', 'depth', 'depth0']);

export class ExpressionCompiler {
  protected readonly unit: Unit;
  /** Where the source's lines are, for messages that name one. */
  protected readonly lineOf: (offset: number) => number;

  constructor(unit: Unit, lineOf: (offset: number) => number) {
    this.unit = unit;
    this.lineOf = lineOf;
  }

  /** JavaScript that waits if this gives a promise. */
  protected awaited(code: string, frame: Frame): string {
    return `(typeof (t = ${code}) === "object" && isPromise(t) ? ${this.yielded('t', frame)} : t)`;
  }

  /** What was written so far is handed on before anything is waited for. */
  protected yielded(code: string, frame: Frame): string {
    return frame.state.isStreamed ? `(w.s += o, o = "", yield ${code})` : `(yield ${code})`;
  }

  /** JavaScript of an expression's value. */
  expr(expr: Expr, frame: Frame): string {
    return this.#written(optimize(expr), frame);
  }

  /** Of one that is optimized already, as is what it is made of: done anew at each level, a sum of a thousand terms takes seconds. */
  #written(expr: Expr, frame: Frame): string {
    switch (expr.kind) {
      case 'const':
        return this.unit.constant(expr.value);
      case 'name':
        return this.#name(expr.name, frame);
      case 'nsref':
        throw new CompileError('a namespace can only be assigned to', expr.offset);
      case 'tuple':
        return `tuple([${this.#list(expr.items, frame)}])`;
      case 'list':
        return `[${this.#list(expr.items, frame)}]`;
      case 'dict': {
        const pairs = expr.pairs.map(({ key, value }) => `[${this.expr(key, frame)}, ${this.expr(value, frame)}]`);
        return `dict([${pairs.join(', ')}])`;
      }
      case 'concat':
        return this.#concat(expr.items, frame);
      case 'call':
        return this.awaited(this.call(expr, frame, []), frame);
      case 'filter':
        return this.filter(expr, frame, null);
      case 'test':
        return this.#test(expr, frame);
      case 'getattr':
        return this.#attribute(expr.object, expr.name, frame);
      case 'getitem':
        return this.#item(expr.object, expr.key, frame);
      case 'slice':
        throw new CompileError('a slice can only stand in brackets', expr.offset);
      case 'unary': {
        const value = expr.value;
        if (expr.operator === 'not') return `!${this.#truth(value, frame)}`;
        return `${expr.operator === '-' ? 'negate' : 'positive'}(${this.#written(value, frame)})`;
      }
      case 'binary':
        return `${BINARY[expr.operator]}(${this.#written(expr.left, frame)}, ${this.#written(expr.right, frame)})`;
      case 'logic': {
        const right = this.expr(expr.right, frame);
        const [then, otherwise] = expr.operator === 'and' ? [right, 't'] : ['t', right];
        return `(truth(t = ${this.expr(expr.left, frame)}) ? ${then} : ${otherwise})`;
      }
      case 'compare':
        return this.#compare(expr.first, expr.rest, frame);
      case 'conditional': {
        const soft = frame.soft();
        const hint = `the inline if-expression on line ${this.lineOf(expr.offset)} evaluated to false and no else section was defined.`;
        const otherwise = expr.otherwise
          ? this.expr(expr.otherwise, soft)
          : `new Undefined({ hint: ${JSON.stringify(hint)} })`;
        return `(${this.condition(expr.test, soft)} ? ${this.expr(expr.value, soft)} : ${otherwise})`;
      }
      case 'markup': {
        const { autoescape } = frame.state;
        return `markIf(${autoescape}, ${this.expr(expr.value, frame)})`;
      }
    }
  }

  /** JavaScript that is true or false as Python takes the expression. */
  condition(expr: Expr, frame: Frame): string {
    return this.#truth(optimize(expr), frame);
  }

  #truth(expr: Expr, frame: Frame): string {
    const code = this.#written(expr, frame);
    const isBoolean = expr.kind === 'compare' || (expr.kind === 'unary' && expr.operator === 'not');
    return isBoolean ? code : `truth(${code})`;
  }

  #list(items: readonly Expr[], frame: Frame): string {
    return items.map((item) => this.expr(item, frame)).join(', ');
  }

  #name(name: string, frame: Frame): string {
    const variable = frame.state.scope.variable(name);
    const load = frame.state.scope.loadOf(variable);
    if (load?.kind === 'parameter') return variable;
    const missing = `c.missing(${JSON.stringify(name)})`;
    if (load?.kind === 'nothing') return `(${variable} === undefined ? ${missing} : ${variable})`;
    const waited = `(${variable} = ${this.yielded(variable, frame)})`;
    return `(${variable} === undefined ? ${missing} : typeof ${variable} === "object" && isPromise(${variable}) ? ${waited} : ${variable})`;
  }

  #concat(items: readonly Expr[], frame: Frame): string {
    const list = `[${items.map((item) => this.#written(item, frame)).join(', ')}]`;
    const { autoescape } = frame.state;
    if (autoescape === 'false') return `joinText(${list})`;
    return autoescape === 'true' ? `joinMarkup(${list})` : `(${autoescape} ? joinMarkup : joinText)(${list})`;
  }

  #compare(first: Expr, rest: readonly { operator: CompareOperator; value: Expr }[], frame: Frame): string {
    const [only] = rest;
    if (only && rest.length === 1) return COMPARE[only.operator](this.expr(first, frame), this.expr(only.value, frame));
    let left = this.expr(first, frame);
    const parts = rest.map(({ operator, value }, i) => {
      const right = this.expr(value, frame);
      if (i === rest.length - 1) return COMPARE[operator](left, right);
      const kept = this.unit.fresh('x');
      this.declare(kept);
      const code = COMPARE[operator](left, `${kept} = ${right}`);
      left = kept;
      return code;
    });
    return `(${parts.join(' && ')})`;
  }

  /** Declares a variable of the function that is being written. */
  protected declare(_name: string): void {
    throw new Error('no function is being written');
  }

  #attribute(object: Expr, name: string, frame: Frame): string {
    if (object.kind === 'name' && object.name === 'loop' && LOOP_VALUES.has(name)) {
      const variable = frame.state.scope.find('loop');
      if (variable !== undefined && frame.state.scope.loadOf(variable)?.kind === 'parameter') {
        return `(${variable} instanceof Loop ? ${variable}.${name} : attribute(${variable}, ${JSON.stringify(name)}))`;
      }
    }
    return this.awaited(
      `${this.#lookup(name, 'attribute')}(${this.expr(object, frame)}${this.#lookupEnd(name)})`,
      frame,
    );
  }

  /** The function that looks a name up: one of its own for this place, where plain objects need no care. */
  #lookup(name: string, general: 'attribute' | 'item'): string {
    if (!this.#hasSite(name)) return general;
    const key = JSON.stringify(name);
    return this.unit.site(
      'if (typeof o === "object" && o !== null) { const p = getPrototypeOf(o); if (p === ObjectPrototype || p === null) ' +
        `{ const v = o[${key}]; if (v !== undefined) return v; } } return ${general}(o, ${key});`,
    );
  }

  #lookupEnd(name: string): string {
    return this.#hasSite(name) ? '' : `, ${JSON.stringify(name)}`;
  }

  #hasSite(name: string): boolean {
    return !this.unit.rules.isSandboxed && !(name in Object.prototype) && !Object.hasOwn(DICT_METHODS, name);
  }

  #item(object: Expr, key: Expr, frame: Frame): string {
    const value = this.expr(object, frame);
    if (key.kind === 'slice') {
      const part = (expr: Expr | null) => (expr ? this.expr(expr, frame) : 'null');
      return `sliceOf(${value}, ${part(key.start)}, ${part(key.stop)}, ${part(key.step)})`;
    }
    if (key.kind === 'const' && typeof key.value === 'string') {
      return this.awaited(`${this.#lookup(key.value, 'item')}(${value}${this.#lookupEnd(key.value)})`, frame);
    }
    return this.awaited(`item(${value}, ${this.#key(key, frame)})`, frame);
  }

  #key(key: Expr, frame: Frame): string {
    if (key.kind !== 'tuple') return this.expr(key, frame);
    if (key.items.some(({ kind }) => kind === 'slice'))
      throw new CompileError('slices of several dimensions', key.offset);
    return this.expr(key, frame);
  }

  /** The positional arguments, a list of JavaScript. */
  #positional(first: readonly string[], { args, restArgs }: Args, frame: Frame): string {
    const codes = [...first, ...args.map((arg) => this.expr(arg, frame))];
    if (restArgs) codes.push(`...iterate(${this.expr(restArgs, frame)})`);
    return `[${codes.join(', ')}]`;
  }

  /** The keyword arguments, an object or null. */
  #keywords({ keywords, restKeywords }: Args, frame: Frame, more: readonly string[]): string {
    const codes = keywords.map(({ name, value }) => `[${JSON.stringify(name)}]: ${this.expr(value, frame)}`);
    codes.push(...more);
    if (restKeywords) codes.push(`...keywordsOf(${this.expr(restKeywords, frame)})`);
    return codes.length === 0 ? 'null' : `{${codes.join(', ')}}`;
  }

  /** A call, not waited for. @param more Keywords that the template does not write. */
  call(call: Call, frame: Frame, more: readonly string[]): string {
    const { callee } = call;
    const { autoescape } = frame.state;
    if (callee.kind === 'getattr') {
      const object = this.expr(callee.object, frame);
      const rest = `${this.#positional([], call, frame)}, ${this.#keywords(call, frame, more)}, ${autoescape}`;
      return `callMethod(c, ${object}, ${JSON.stringify(callee.name)}, ${rest})`;
    }
    const fn = this.expr(callee, frame);
    return `call(c, ${fn}, ${this.#positional([], call, frame)}, ${this.#keywords(call, frame, more)}, ${autoescape})`;
  }

  /** @param inner JavaScript of the value, where it is not an expression: of a block that is filtered */
  filter(expr: Extract<Expr, { kind: 'filter' }>, frame: Frame, inner: string | null): string {
    const value = expr.value ? this.#filtered(expr.value, frame, inner) : (inner ?? '""');
    if (!this.unit.rules.hasFilter(expr.name) && !frame.state.isSoft) {
      throw new CompileError(`No filter named '${expr.name}'.`, expr.offset);
    }
    const args = `${this.#positional([value], expr, frame)}, ${this.#keywords(expr, frame, [])}`;
    return this.awaited(`filter(c, ${JSON.stringify(expr.name)}, ${args}, ${frame.state.autoescape})`, frame);
  }

  #filtered(value: Expr, frame: Frame, inner: string | null): string {
    return value.kind === 'filter' ? this.filter(value, frame, inner) : this.expr(value, frame);
  }

  #test(expr: Extract<Expr, { kind: 'test' }>, frame: Frame): string {
    if (!this.unit.rules.hasTest(expr.name) && !frame.state.isSoft) {
      throw new CompileError(`No test named '${expr.name}'.`, expr.offset);
    }
    const { name, value } = expr;
    if (name === 'defined' || name === 'undefined') {
      const isUndefined = `(${this.expr(value, frame)} instanceof Undefined)`;
      if (expr.args.length === 0) return name === 'defined' ? `!${isUndefined}` : isUndefined;
    }
    const args = `${this.#positional([this.expr(value, frame)], expr, frame)}, ${this.#keywords(expr, frame, [])}`;
    return this.awaited(`test(c, ${JSON.stringify(name)}, ${args}, ${frame.state.autoescape})`, frame);
  }
}
