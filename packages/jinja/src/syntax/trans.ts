/** `{% trans %} … {% pluralize %} … {% endtrans %}`: a call of gettext, with what it names put into its text. */
import { type Args, type Expr, positional, type Stmt } from './ast.ts';
import type { ExpressionParser } from './expressions.ts';
import type { TokenStream } from './token-stream.ts';

export interface TransRules {
  /** The gettext functions fill in the variables themselves. */
  readonly isNewstyle: boolean;
  /** Runs of whitespace around line ends become a space unless a block says otherwise. */
  readonly isTrimmed: boolean;
}

interface Head {
  readonly variables: Map<string, Expr>;
  /** Assigned before: a call that would else be made twice. */
  readonly assignment: Stmt | null;
  readonly isTrimmed: boolean;
  readonly context: string | null;
  /** What the plural form is chosen by, and its name. */
  plural: { readonly name: string; readonly value: Expr } | null;
}

interface Message {
  readonly names: readonly string[];
  readonly text: string;
}

export function parseTrans(
  stream: TokenStream,
  parser: ExpressionParser,
  rules: TransRules,
  offset: number,
): readonly Stmt[] {
  const head = parseHead(stream, parser, rules);
  stream.expect('block_end');
  const singular = parseMessage(stream, true);
  const [first] = singular.names;
  if (first !== undefined) head.plural ??= { name: first, value: { kind: 'name', name: first, offset } };
  const plural = stream.test('name:pluralize') ? parsePlural(stream, head) : null;
  stream.next();
  if (plural && !head.plural) stream.fail('pluralize without variables', offset);
  for (const name of [...singular.names, ...(plural?.names ?? [])]) {
    if (!head.variables.has(name)) head.variables.set(name, { kind: 'name', name, offset });
  }
  const output: Stmt = { kind: 'output', parts: [makeCall(head, singular, plural, rules, offset)], offset };
  return head.assignment ? [head.assignment, output] : [output];
}

function parseHead(stream: TokenStream, parser: ExpressionParser, rules: TransRules): Head {
  const variables = new Map<string, Expr>();
  let plural: Head['plural'] = null;
  let assignment: Stmt | null = null;
  let isTrimmed: boolean | undefined;
  const context = stream.test('string') ? String(stream.next().value) : null;
  while (!stream.test('block_end')) {
    if (variables.size > 0) stream.expect(',');
    if (stream.skipIf(':')) break;
    const { text: name, offset } = stream.expect('name');
    if (variables.has(name)) stream.refuse(`translatable variable '${name}' defined twice.`, offset);
    let value: Expr = { kind: 'name', name, offset };
    if (stream.skipIf('=')) value = parser.expression();
    else if (isTrimmed === undefined && (name === 'trimmed' || name === 'notrimmed')) {
      isTrimmed = name === 'trimmed';
      continue;
    }
    variables.set(name, value);
    if (plural) continue;
    if (value.kind === 'call') {
      const target = { kind: 'name', name: '_trans', offset } as const;
      assignment = { kind: 'assign', target, value, offset };
      variables.set(name, target);
      value = target;
    }
    plural = { name, value };
  }
  return { variables, assignment, isTrimmed: isTrimmed ?? rules.isTrimmed, context, plural };
}

function parsePlural(stream: TokenStream, head: Head): Message {
  stream.next();
  if (!stream.test('block_end')) {
    const { text: name, offset } = stream.expect('name');
    const value = head.variables.get(name);
    if (!value) stream.refuse(`unknown variable '${name}' for pluralization`, offset);
    else head.plural = { name, value };
  }
  stream.expect('block_end');
  return parseMessage(stream, false);
}

/** Text and names up to the tag that ends it, which is the current token then. */
function parseMessage(stream: TokenStream, mayPluralize: boolean): Message {
  const names: string[] = [];
  let text = '';
  for (;;) {
    const token = stream.next();
    if (token.type === 'data') text += token.text.replaceAll('%', '%%');
    else if (token.type === 'variable_begin') {
      const name = stream.expect('name').text;
      names.push(name);
      text += `%(${name})s`;
      stream.expect('variable_end');
    } else if (token.type === 'block_begin') {
      if (stream.test('name:endtrans')) return { names, text };
      if (stream.test('name:pluralize')) {
        if (mayPluralize) return { names, text };
        stream.fail('a translatable section can have only one pluralize section');
      }
      stream.fail('control structures in translatable sections are not allowed');
    } else stream.fail('unclosed translation block');
  }
}

function makeCall(head: Head, singular: Message, plural: Message | null, rules: TransRules, offset: number): Expr {
  const { variables, context, isTrimmed } = head;
  const isReferenced = singular.names.length > 0 || (plural?.names.length ?? 0) > 0;
  const prepare = (text: string): Expr => {
    const trimmed = isTrimmed ? text.trim().replace(/\s*\n\s*/g, ' ') : text;
    const value = isReferenced || rules.isNewstyle ? trimmed : trimmed.replaceAll('%%', '%');
    return { kind: 'const', value, offset };
  };
  const args: Expr[] = [prepare(singular.text)];
  if (context !== null) args.unshift({ kind: 'const', value: context, offset });
  if (plural && head.plural) args.push(prepare(plural.text), head.plural.value);
  const name = `${plural ? 'n' : ''}${context === null ? '' : 'p'}gettext`;
  const keywords = [...variables]
    .filter(([key]) => !(plural && head.plural?.name === 'num' && key === 'num'))
    .map(([key, value]) => ({ name: key, value }));
  const withKeywords: Args = rules.isNewstyle ? { ...positional(...args), keywords } : positional(...args);
  const call: Expr = { kind: 'call', callee: { kind: 'name', name, offset }, ...withKeywords, offset };
  if (rules.isNewstyle) return call;
  const html: Expr = { kind: 'markup', value: call, offset };
  if (variables.size === 0) return html;
  const pairs = [...variables].map(([key, value]) => ({ key: { kind: 'const', value: key, offset } as const, value }));
  return { kind: 'binary', operator: '%', left: html, right: { kind: 'dict', pairs, offset }, offset };
}
