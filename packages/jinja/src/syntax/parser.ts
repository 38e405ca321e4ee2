/** Statements: a template's tree from its tokens. */
import type { Call, Expr, Filter, If, Output, Parameter, Stmt, Target, Template, TemplateData } from './ast.ts';
import { ExpressionParser } from './expressions.ts';
import { Lexer } from './lexer.ts';
import type { LexerRules } from './lexer-rules.ts';
import type { Syntax } from './settings.ts';
import type { Source } from './source.ts';
import { describeWanted, TokenStream, type Wanted } from './token-stream.ts';
import { parseTrans, type TransRules } from './trans.ts';

/** Jinja's extensions that add statements. */
export type ExtensionName = 'do' | 'loopcontrols' | 'i18n' | 'debug';

/** How an environment reads its templates. */
export interface ParserRules {
  readonly syntax: Syntax;
  readonly lexer: LexerRules;
  readonly extensions: ReadonlySet<ExtensionName>;
  readonly trans: TransRules;
}

/** Of tags within one another, and of branches of an `if`: Python itself takes 20 loops. Beyond it the stack would run out. */
const DEEPEST = 100;
const MOST_BRANCHES = 1_000;

type StatementParser = (parser: Parser, offset: number) => Stmt | readonly Stmt[];

export function parse(source: Source, rules: ParserRules): Template {
  const lexer = new Lexer(source, rules.syntax, rules.lexer);
  return { body: new Parser(new TokenStream(source, lexer.tokens()), rules).template() };
}

class Parser extends ExpressionParser {
  readonly rules: ParserRules;
  #tags: string[] = [];
  #ends: (readonly Wanted[])[] = [];

  constructor(stream: TokenStream, rules: ParserRules) {
    super(stream);
    this.rules = rules;
  }

  get tokens(): TokenStream {
    return this.stream;
  }

  template(): Stmt[] {
    return this.#statements(null);
  }

  #statements(ends: readonly Wanted[] | null): Stmt[] {
    const body: Stmt[] = [];
    let parts: (Expr | TemplateData)[] = [];
    const flush = () => {
      const [first] = parts;
      if (first) body.push({ kind: 'output', parts, offset: first.offset });
      parts = [];
    };
    if (ends) this.#ends.push(ends);
    for (;;) {
      const { type, text, offset } = this.stream.current;
      if (type === 'data') {
        this.stream.next();
        parts.push({ kind: 'data', text, offset });
      } else if (type === 'variable_begin') {
        this.stream.next();
        parts.push(this.tuple());
        this.stream.expect('variable_end');
      } else if (type === 'block_begin') {
        flush();
        this.stream.next();
        if (ends && this.stream.test(...ends)) break;
        body.push(...this.#statement());
        this.stream.expect('block_end');
      } else break;
    }
    flush();
    if (ends) this.#ends.pop();
    return body;
  }

  #statement(): readonly Stmt[] {
    const { type, text, offset } = this.stream.current;
    if (type !== 'name') this.stream.fail('tag name expected');
    const parse = this.#parserOf(text);
    if (!parse) return this.#failUnknown(text);
    if (this.#tags.push(text) > DEEPEST) this.stream.fail(`tags nest deeper than ${DEEPEST}`);
    this.stream.next();
    const parsed = parse(this, offset);
    this.#tags.pop();
    return 'kind' in parsed ? [parsed] : parsed;
  }

  #parserOf(tag: string): StatementParser | undefined {
    if (Object.hasOwn(STATEMENTS, tag)) return STATEMENTS[tag];
    for (const name of this.rules.extensions) {
      const tags = EXTENSIONS[name];
      if (Object.hasOwn(tags, tag)) return tags[tag];
    }
    return undefined;
  }

  /** A body up to one of these tags, which stays the current token. */
  body(...ends: readonly Wanted[]): Stmt[] {
    this.stream.skipIf(':');
    this.stream.expect('block_end');
    const body = this.#statements(ends);
    if (this.stream.current.type === 'eof') this.#failAtEnd(null, [...this.#ends, ends]);
    return body;
  }

  /** A body up to this tag, which is read too. */
  bodyTo(end: Wanted): Stmt[] {
    const body = this.body(end);
    this.stream.next();
    return body;
  }

  #failUnknown(tag: string): never {
    return this.#failAtEnd(tag, this.#ends);
  }

  #failAtEnd(tag: string | null, ends: readonly (readonly Wanted[])[]): never {
    const message = [tag === null ? 'Unexpected end of template.' : `Encountered unknown tag '${tag}'.`];
    const looking = ends
      .at(-1)
      ?.map((wanted) => `'${describeWanted(wanted)}'`)
      .join(' or ');
    if (looking) {
      const isExpected = tag !== null && ends.flat().some((wanted) => describeWanted(wanted) === tag);
      message.push(
        isExpected
          ? `You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for ${looking}.`
          : `Jinja was looking for the following tags: ${looking}.`,
      );
    }
    const innermost = this.#tags.at(-1);
    if (innermost !== undefined) message.push(`The innermost block that needs to be closed is '${innermost}'.`);
    return this.stream.fail(message.join(' '));
  }

  /** A condition, or what a loop goes through: without an inline `if`. */
  condition(): Expr {
    return this.tuple({ withoutConditional: true });
  }

  setTarget(): Target {
    if (!this.stream.looksAt('.')) return this.target();
    const { text, offset } = this.stream.expect('name');
    this.stream.next();
    return { kind: 'nsref', name: text, attribute: this.stream.expect('name').text, offset };
  }

  parameters(): Parameter[] {
    const parameters: Parameter[] = [];
    this.stream.expect('(');
    while (!this.stream.test(')')) {
      if (parameters.length > 0) this.stream.expect(',');
      const { name, offset } = this.targetName();
      const otherwise = this.stream.skipIf('=') ? this.expression() : null;
      if (!otherwise && parameters.some((parameter) => parameter.otherwise)) {
        this.stream.fail('non-default argument follows default argument');
      }
      parameters.push({ name, otherwise, offset });
    }
    this.stream.expect(')');
    return parameters;
  }

  /** `with context` or `without context`, if it stands here. */
  contextWord(): boolean | undefined {
    if (!this.stream.test('name:with', 'name:without') || !this.stream.looksAt('name:context')) return undefined;
    const isWith = this.stream.next().text === 'with';
    this.stream.next();
    return isWith;
  }

  blockFilter(): Filter {
    return this.chain(this.filter(null));
  }

  /** The filters of `{% set x | a | b %}`. */
  setFilter(): Filter | null {
    return this.stream.skipIf('|') ? this.chain(this.filter(null)) : null;
  }

  chain(first: Filter): Filter {
    let filter = first;
    while (this.stream.skipIf('|')) filter = this.filter(filter);
    return filter;
  }
}

const STATEMENTS: Readonly<Record<string, StatementParser>> = {
  for: parseFor,
  if: parseIf,
  set: parseSet,
  with: parseWith,
  block: parseBlock,
  extends: (parser, offset) => ({ kind: 'extends', template: parser.expression(), offset }),
  include: parseInclude,
  import: parseImport,
  from: parseFrom,
  macro: (parser, offset) => {
    const { name } = parser.targetName();
    const parameters = parser.parameters();
    return { kind: 'macro', name, parameters, body: parser.bodyTo('name:endmacro'), offset };
  },
  call: parseCallBlock,
  filter: (parser, offset) => {
    const filter = parser.blockFilter();
    return { kind: 'filterBlock', filter, body: parser.bodyTo('name:endfilter'), offset };
  },
  autoescape: (parser, offset) => {
    const value = parser.expression();
    return { kind: 'autoescape', value, body: parser.bodyTo('name:endautoescape'), offset };
  },
  print: parsePrint,
};

const EXTENSIONS: Readonly<Record<ExtensionName, Readonly<Record<string, StatementParser>>>> = {
  do: { do: (parser, offset) => ({ kind: 'do', value: parser.tuple(), offset }) },
  loopcontrols: {
    break: (_, offset) => ({ kind: 'break', offset }),
    continue: (_, offset) => ({ kind: 'continue', offset }),
  },
  i18n: { trans: (parser, offset) => parseTrans(parser.tokens, parser, parser.rules.trans, offset) },
  debug: { debug: (_, offset) => ({ kind: 'debug', offset }) },
};

function parseFor(parser: Parser, offset: number): Stmt {
  const target = parser.target();
  parser.tokens.expect('name:in');
  const iterable = parser.condition();
  const test = parser.tokens.skipIf('name:if') ? parser.expression() : null;
  const isRecursive = parser.tokens.skipIf('name:recursive');
  const body = parser.body('name:endfor', 'name:else');
  const otherwise = parser.tokens.next().text === 'endfor' ? [] : parser.bodyTo('name:endfor');
  return { kind: 'for', target, iterable, test, isRecursive, body, otherwise, offset };
}

function parseIf(parser: Parser, offset: number): If {
  const branches: { test: Expr; body: Stmt[]; offset: number }[] = [];
  let otherwise: Stmt[] = [];
  for (let begin = offset; ; ) {
    const test = parser.condition();
    branches.push({ test, body: parser.body('name:elif', 'name:else', 'name:endif'), offset: begin });
    const end = parser.tokens.next();
    if (end.text === 'else') otherwise = parser.bodyTo('name:endif');
    if (end.text !== 'elif') break;
    if (branches.length === MOST_BRANCHES)
      parser.tokens.fail(`an if has more than ${MOST_BRANCHES} branches`, end.offset);
    begin = end.offset;
  }
  const [first, ...elifs] = branches;
  if (!first) return parser.tokens.fail('an if without a condition');
  return { kind: 'if', test: first.test, body: first.body, elifs, otherwise, offset };
}

function parseSet(parser: Parser, offset: number): Stmt {
  const target = parser.setTarget();
  if (parser.tokens.skipIf('=')) return { kind: 'assign', target, value: parser.tuple(), offset };
  const filter = parser.setFilter();
  return { kind: 'assignBlock', target, filter, body: parser.bodyTo('name:endset'), offset };
}

function parseWith(parser: Parser, offset: number): Stmt {
  const targets: Target[] = [];
  const values: Expr[] = [];
  while (!parser.tokens.test('block_end')) {
    if (targets.length > 0) parser.tokens.expect(',');
    targets.push(parser.target());
    parser.tokens.expect('=');
    values.push(parser.expression());
  }
  return { kind: 'with', targets, values, body: parser.bodyTo('name:endwith'), offset };
}

function parseBlock(parser: Parser, offset: number): Stmt {
  const { stream } = { stream: parser.tokens };
  const name = stream.expect('name').text;
  const isScoped = stream.skipIf('name:scoped');
  const isRequired = stream.skipIf('name:required');
  if (stream.test('-')) {
    stream.fail(
      'Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.',
    );
  }
  const body = parser.bodyTo('name:endblock');
  if (isRequired && !body.every(isBlank)) stream.fail('Required blocks can only contain comments or whitespace');
  stream.skipIf(`name:${name}`);
  return { kind: 'block', name, isScoped, isRequired, body, offset };
}

const isBlank = (statement: Stmt): boolean =>
  statement.kind === 'output' && statement.parts.every((part) => part.kind === 'data' && part.text.trim() === '');

function parseInclude(parser: Parser, offset: number): Stmt {
  const template = parser.expression();
  const ignoresMissing = parser.tokens.test('name:ignore') && parser.tokens.looksAt('name:missing');
  if (ignoresMissing) {
    parser.tokens.next();
    parser.tokens.next();
  }
  return { kind: 'include', template, ignoresMissing, withContext: parser.contextWord() ?? true, offset };
}

function parseImport(parser: Parser, offset: number): Stmt {
  const template = parser.expression();
  parser.tokens.expect('name:as');
  const target = parser.targetName().name;
  return { kind: 'import', template, target, withContext: parser.contextWord() ?? false, offset };
}

function parseFrom(parser: Parser, offset: number): Stmt {
  const template = parser.expression();
  const stream = parser.tokens;
  stream.expect('name:import');
  const names: { name: string; alias: string }[] = [];
  let withContext: boolean | undefined;
  for (;;) {
    if (names.length > 0) stream.expect(',');
    if (!stream.test('name')) stream.expect('name');
    withContext = parser.contextWord();
    if (withContext !== undefined) break;
    const target = parser.targetName();
    if (target.name.startsWith('_')) {
      stream.refuse('names starting with an underline can not be imported', target.offset);
    }
    const alias = stream.skipIf('name:as') ? parser.targetName().name : target.name;
    names.push({ name: target.name, alias });
    withContext = parser.contextWord();
    if (withContext !== undefined || !stream.test(',')) break;
  }
  return { kind: 'fromImport', template, names, withContext: withContext ?? false, offset };
}

function parseCallBlock(parser: Parser, offset: number): Stmt {
  const parameters = parser.tokens.test('(') ? parser.parameters() : [];
  const call = parser.expression();
  if (!isCall(call)) return parser.tokens.fail('expected call', offset);
  return { kind: 'callBlock', call, parameters, body: parser.bodyTo('name:endcall'), offset };
}

const isCall = (expr: Expr): expr is Call => expr.kind === 'call';

function parsePrint(parser: Parser, offset: number): Output {
  const parts: Expr[] = [];
  while (!parser.tokens.test('block_end')) {
    if (parts.length > 0) parser.tokens.expect(',');
    parts.push(parser.expression());
  }
  return { kind: 'output', parts, offset };
}
