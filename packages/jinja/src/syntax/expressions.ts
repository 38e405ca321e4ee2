/** Expressions, by Jinja's precedence: powers from the left, filters and tests bind to what they follow. */
import type { Args, BinaryOperator, Call, CompareOperator, Expr, Filter, Keyword, Target } from './ast.ts';
import type { TokenStream } from './token-stream.ts';
import { describeToken } from './tokens.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** Deeper than what anybody writes; beyond it the parser would run out of stack. */
const DEEPEST = 400;

interface TupleRules {
  /** Only names and literals. */
  readonly isSimple?: boolean;
  readonly withoutConditional?: boolean;
  readonly inParentheses?: boolean;
}

export class ExpressionParser {
  protected readonly stream: TokenStream;
  #depth = 0;

  constructor(stream: TokenStream) {
    this.stream = stream;
  }

  expression(): Expr {
    if (++this.#depth > DEEPEST) this.stream.fail(`expressions nest deeper than ${DEEPEST}`);
    const parsed = this.#conditional();
    this.#depth--;
    return parsed;
  }

  #conditional(): Expr {
    let expr = this.#or();
    while (this.stream.test('name:if')) {
      const { offset } = this.stream.next();
      const test = this.#or();
      const otherwise = this.stream.skipIf('name:else') ? this.expression() : null;
      expr = { kind: 'conditional', test, value: expr, otherwise, offset };
    }
    return expr;
  }

  #or(): Expr {
    let left = this.#and();
    while (this.stream.test('name:or')) {
      const { offset } = this.stream.next();
      left = { kind: 'logic', operator: 'or', left, right: this.#and(), offset };
    }
    return left;
  }

  #and(): Expr {
    let left = this.#not();
    while (this.stream.test('name:and')) {
      const { offset } = this.stream.next();
      left = { kind: 'logic', operator: 'and', left, right: this.#not(), offset };
    }
    return left;
  }

  #not(): Expr {
    const offsets: number[] = [];
    while (this.stream.test('name:not')) offsets.push(this.stream.next().offset);
    let value = this.#compare();
    for (const offset of offsets.reverse()) value = { kind: 'unary', operator: 'not', value, offset };
    return value;
  }

  #compareOperator(): CompareOperator | undefined {
    const { type } = this.stream.current;
    if (COMPARISONS.has(type)) {
      this.stream.next();
      return type as CompareOperator;
    }
    if (this.stream.skipIf('name:in')) return 'in';
    if (!this.stream.test('name:not') || !this.stream.looksAt('name:in')) return undefined;
    this.stream.next();
    this.stream.next();
    return 'not in';
  }

  #compare(): Expr {
    const { offset } = this.stream.current;
    const first = this.#sum();
    const rest: { operator: CompareOperator; value: Expr }[] = [];
    for (let operator = this.#compareOperator(); operator; operator = this.#compareOperator()) {
      rest.push({ operator, value: this.#sum() });
    }
    return rest.length === 0 ? first : { kind: 'compare', first, rest, offset };
  }

  #binary(operators: readonly BinaryOperator[], operand: () => Expr): Expr {
    let left = operand();
    for (;;) {
      const operator = operators.find((one) => this.stream.test(one));
      if (operator === undefined) return left;
      const { offset } = this.stream.next();
      left = { kind: 'binary', operator, left, right: operand(), offset };
    }
  }

  #sum(): Expr {
    return this.#binary(['+', '-'], () => this.#concat());
  }

  #concat(): Expr {
    const { offset } = this.stream.current;
    const first = this.#product();
    const items = [first];
    while (this.stream.skipIf('~')) items.push(this.#product());
    return items.length === 1 ? first : { kind: 'concat', items, offset };
  }

  #product(): Expr {
    return this.#binary(['*', '/', '//', '%'], () => this.#power());
  }

  #power(): Expr {
    return this.#binary(['**'], () => this.#unary());
  }

  #unary(withFilter = true): Expr {
    const signs: { operator: '+' | '-'; offset: number }[] = [];
    while (this.stream.test('+', '-')) {
      const { type, offset } = this.stream.next();
      signs.push({ operator: type === '-' ? '-' : '+', offset });
    }
    let value = this.#postfix(this.primary());
    for (const { operator, offset } of signs.reverse()) {
      value = this.#postfix({ kind: 'unary', operator, value, offset });
    }
    return withFilter ? this.#filtersAndTests(value) : value;
  }

  protected primary(): Expr {
    const token = this.stream.current;
    const { offset } = token;
    switch (token.type) {
      case 'name':
        this.stream.next();
        return nameOrConstant(token.text, offset);
      case 'string': {
        let value = '';
        while (this.stream.test('string')) value += String(this.stream.next().value);
        return { kind: 'const', value, offset };
      }
      case 'integer':
      case 'float':
        this.stream.next();
        return { kind: 'const', value: token.value, offset };
      case '(': {
        this.stream.next();
        const inner = this.tuple({ inParentheses: true });
        this.stream.expect(')');
        return inner;
      }
      case '[':
        return this.#list();
      case '{':
        return this.#dict();
      default:
        return this.stream.fail(`unexpected '${describeToken(token)}'`);
    }
  }

  #isTupleEnd(): boolean {
    return this.stream.test('variable_end', 'block_end', ')');
  }

  /** Expressions with commas between them: a tuple, or one expression without any. */
  tuple({ isSimple = false, withoutConditional = false, inParentheses = false }: TupleRules = {}): Expr {
    const { offset } = this.stream.current;
    const item = () => (isSimple ? this.primary() : withoutConditional ? this.#or() : this.expression());
    const items: Expr[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) this.stream.expect(',');
      if (this.#isTupleEnd()) break;
      items.push(item());
      if (!this.stream.test(',')) break;
      isTuple = true;
    }
    const [first] = items;
    if (!isTuple && first) return first;
    if (!isTuple && !inParentheses) {
      this.stream.fail(`Expected an expression, got '${describeToken(this.stream.current)}'`);
    }
    return { kind: 'tuple', items, offset };
  }

  #list(): Expr {
    const { offset } = this.stream.expect('[');
    const items: Expr[] = [];
    while (!this.stream.test(']')) {
      if (items.length > 0) this.stream.expect(',');
      if (this.stream.test(']')) break;
      items.push(this.expression());
    }
    this.stream.expect(']');
    return { kind: 'list', items, offset };
  }

  #dict(): Expr {
    const { offset } = this.stream.expect('{');
    const pairs: { key: Expr; value: Expr }[] = [];
    while (!this.stream.test('}')) {
      if (pairs.length > 0) this.stream.expect(',');
      if (this.stream.test('}')) break;
      const key = this.expression();
      this.stream.expect(':');
      pairs.push({ key, value: this.expression() });
    }
    this.stream.expect('}');
    return { kind: 'dict', pairs, offset };
  }

  #postfix(value: Expr): Expr {
    let expr = value;
    for (;;) {
      if (this.stream.test('.', '[')) expr = this.#subscript(expr);
      else if (this.stream.test('(')) expr = this.#call(expr);
      else return expr;
    }
  }

  #filtersAndTests(value: Expr): Expr {
    let expr = value;
    for (;;) {
      if (this.stream.test('|')) expr = this.filters(expr);
      else if (this.stream.test('name:is')) expr = this.#test(expr);
      else if (this.stream.test('(')) expr = this.#call(expr);
      else return expr;
    }
  }

  #subscript(object: Expr): Expr {
    const { type, offset } = this.stream.next();
    if (type === '.') {
      const token = this.stream.next();
      if (token.type === 'name') return { kind: 'getattr', object, name: token.text, offset };
      if (token.type !== 'integer') this.stream.fail('expected name or number', token.offset);
      return { kind: 'getitem', object, key: { kind: 'const', value: token.value, offset }, offset };
    }
    const keys: Expr[] = [];
    while (!this.stream.test(']')) {
      if (keys.length > 0) this.stream.expect(',');
      keys.push(this.#key());
    }
    this.stream.expect(']');
    const [first] = keys;
    const key: Expr = first && keys.length === 1 ? first : { kind: 'tuple', items: keys, offset };
    return { kind: 'getitem', object, key, offset };
  }

  /** What stands in `[…]`: an expression or a slice. */
  #key(): Expr {
    const { offset } = this.stream.current;
    const part = () => (this.stream.test(':', ']', ',') ? null : this.expression());
    const start = part();
    if (!this.stream.skipIf(':')) {
      return start ?? this.stream.fail(`unexpected '${describeToken(this.stream.current)}'`);
    }
    const stop = part();
    const step = this.stream.skipIf(':') ? part() : null;
    return { kind: 'slice', start, stop, step, offset };
  }

  #call(callee: Expr): Call {
    const { offset } = this.stream.current;
    return { kind: 'call', callee, ...this.#args(), offset };
  }

  #args(): Args {
    const { offset } = this.stream.expect('(');
    const args: Expr[] = [];
    const keywords: Keyword[] = [];
    let restArgs: Expr | null = null;
    let restKeywords: Expr | null = null;
    const ensure = (isRight: boolean) => {
      if (!isRight) this.stream.fail('invalid syntax for function call expression', offset);
    };
    for (let isFirst = true; !this.stream.test(')'); isFirst = false) {
      if (!isFirst) this.stream.expect(',');
      if (!isFirst && this.stream.test(')')) break;
      if (this.stream.skipIf('*')) {
        ensure(!restArgs && !restKeywords);
        restArgs = this.expression();
      } else if (this.stream.skipIf('**')) {
        ensure(!restKeywords);
        restKeywords = this.expression();
      } else if (this.stream.test('name') && this.stream.looksAt('=')) {
        ensure(!restKeywords);
        const name = this.stream.next().text;
        this.stream.next();
        keywords.push({ name, value: this.expression() });
      } else {
        ensure(!restArgs && !restKeywords && keywords.length === 0);
        args.push(this.expression());
      }
    }
    this.stream.expect(')');
    return { args, keywords, restArgs, restKeywords };
  }

  #dottedName(): string {
    let name = this.stream.expect('name').text;
    while (this.stream.skipIf('.')) name += `.${this.stream.expect('name').text}`;
    return name;
  }

  /** `|a|b(c)` behind a value. */
  protected filters(value: Expr): Expr {
    let expr = value;
    while (this.stream.skipIf('|')) expr = this.filter(expr);
    return expr;
  }

  /** One filter, its `|` read. */
  protected filter(value: Expr | null): Filter {
    const { offset } = this.stream.current;
    const name = this.#dottedName();
    const args = this.stream.test('(') ? this.#args() : NO_ARGS;
    return { kind: 'filter', name, value, ...args, offset };
  }

  #test(value: Expr): Expr {
    const { offset } = this.stream.next();
    const isNegated = this.stream.skipIf('name:not');
    const name = this.#dottedName();
    const test: Expr = { kind: 'test', name, value, ...this.#testArgs(), offset };
    return isNegated ? { kind: 'unary', operator: 'not', value: test, offset } : test;
  }

  /** A test's arguments: in parentheses, or one behind it. */
  #testArgs(): Args {
    if (this.stream.test('(')) return this.#args();
    const hasOne =
      this.stream.test('name', 'string', 'integer', 'float', '[', '{') &&
      !this.stream.test('name:else', 'name:or', 'name:and');
    if (!hasOne) return NO_ARGS;
    if (this.stream.test('name:is')) this.stream.fail('You cannot chain multiple tests with is');
    return { ...NO_ARGS, args: [this.#postfix(this.primary())] };
  }

  /** What a `for`, `set` or `with` assigns to. */
  target(): Target {
    return this.#assignable(this.tuple({ isSimple: true }));
  }

  /** A name alone, as `import … as` and macros take. */
  targetName(): { readonly name: string; readonly offset: number } {
    const { text, offset } = this.stream.expect('name');
    if (CONSTANTS.has(text)) this.stream.fail("can't assign to 'name'", offset);
    return { name: text, offset };
  }

  #assignable(expr: Expr): Target {
    if (expr.kind === 'name') return expr;
    if (expr.kind === 'tuple') return { ...expr, items: expr.items.map((item) => this.#assignable(item)) };
    return this.stream.fail(`can't assign to '${expr.kind}'`, expr.offset);
  }
}

const NO_ARGS: Args = { args: [], keywords: [], restArgs: null, restKeywords: null };

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

function nameOrConstant(name: string, offset: number): Expr {
  const value = CONSTANTS.get(name);
  return value === undefined ? { kind: 'name', name, offset } : { kind: 'const', value, offset };
}
