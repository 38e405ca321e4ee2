/** Which names expressions and statements use. */
import type { Args, Expr, Stmt, Target } from '../syntax/ast.ts';

/** The expressions directly within one. */
export function innerExprs(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'const':
    case 'name':
    case 'nsref':
      return [];
    case 'tuple':
    case 'list':
    case 'concat':
      return expr.items;
    case 'dict':
      return expr.pairs.flatMap(({ key, value }) => [key, value]);
    case 'call':
      return [expr.callee, ...argExprs(expr)];
    case 'filter':
      return [...(expr.value ? [expr.value] : []), ...argExprs(expr)];
    case 'test':
      return [expr.value, ...argExprs(expr)];
    case 'getattr':
      return [expr.object];
    case 'getitem':
      return [expr.object, expr.key];
    case 'slice':
      return [expr.start, expr.stop, expr.step].filter((part) => part !== null);
    case 'unary':
    case 'markup':
      return [expr.value];
    case 'binary':
    case 'logic':
      return [expr.left, expr.right];
    case 'compare':
      return [expr.first, ...expr.rest.map(({ value }) => value)];
    case 'conditional':
      return [expr.test, expr.value, ...(expr.otherwise ? [expr.otherwise] : [])];
  }
}

const argExprs = ({ args, keywords, restArgs, restKeywords }: Args): Expr[] => [
  ...args,
  ...keywords.map(({ value }) => value),
  ...(restArgs ? [restArgs] : []),
  ...(restKeywords ? [restKeywords] : []),
];

/** Calls `load` with each name that an expression reads. */
export function eachName(expr: Expr, load: (name: string) => void): void {
  if (expr.kind === 'name' || expr.kind === 'nsref') load(expr.name);
  for (const inner of innerExprs(expr)) eachName(inner, load);
}

/** Calls `store` with each name that an assignment sets; a namespace's name is read. */
export function eachTarget(target: Target, store: (name: string) => void, load: (name: string) => void): void {
  if (target.kind === 'name') store(target.name);
  else if (target.kind === 'nsref') load(target.name);
  else for (const item of target.items) if (isTarget(item)) eachTarget(item, store, load);
}

export const isTarget = (expr: Expr): expr is Target =>
  expr.kind === 'name' || expr.kind === 'nsref' || expr.kind === 'tuple';

/** One step of going through statements as Jinja does when it looks for special names. */
interface Step {
  readonly targets?: readonly Target[];
  readonly parameters?: readonly string[];
  readonly exprs?: readonly Expr[];
  readonly bodies?: readonly (readonly Stmt[])[];
}

function stepsOf(statement: Stmt): readonly Step[] {
  switch (statement.kind) {
    case 'output':
      return [{ exprs: statement.parts.filter((part) => part.kind !== 'data') }];
    case 'for': {
      const { target, iterable, body, otherwise, test } = statement;
      return [{ targets: [target], exprs: [iterable] }, { bodies: [body, otherwise] }, { exprs: test ? [test] : [] }];
    }
    case 'if':
      return [
        { exprs: [statement.test], bodies: [statement.body] },
        ...statement.elifs.map(({ test, body }) => ({ exprs: [test], bodies: [body] })),
        { bodies: [statement.otherwise] },
      ];
    case 'macro':
    case 'callBlock': {
      const { parameters, body } = statement;
      const defaults = parameters.flatMap(({ otherwise }) => (otherwise ? [otherwise] : []));
      return [
        { exprs: statement.kind === 'callBlock' ? [statement.call] : [] },
        { parameters: parameters.map(({ name }) => name), exprs: defaults, bodies: [body] },
      ];
    }
    case 'assign':
      return [{ targets: [statement.target], exprs: [statement.value] }];
    case 'assignBlock':
      return [
        { targets: [statement.target], exprs: statement.filter ? [statement.filter] : [], bodies: [statement.body] },
      ];
    case 'filterBlock':
      return [{ bodies: [statement.body] }, { exprs: [statement.filter] }];
    case 'with':
      return [{ targets: statement.targets, exprs: statement.values, bodies: [statement.body] }];
    case 'autoescape':
      return [{ exprs: [statement.value], bodies: [statement.body] }];
    case 'include':
    case 'import':
    case 'fromImport':
    case 'extends':
      return [{ exprs: [statement.template] }];
    case 'do':
      return [{ exprs: [statement.value] }];
    default:
      return [];
  }
}

/** The expressions directly within a statement. */
export const exprsOf = (statement: Stmt): readonly Expr[] => stepsOf(statement).flatMap(({ exprs = [] }) => exprs);

/** Of these names, those that statements read without having set them before; blocks are not looked into. */
export function undeclared(body: readonly Stmt[], names: readonly string[]): ReadonlySet<string> {
  const open = new Set(names);
  const found = new Set<string>();
  const load = (name: string) => {
    if (open.has(name)) found.add(name);
  };
  const go = (statements: readonly Stmt[]) => {
    for (const statement of statements) for (const step of stepsOf(statement)) take(step);
  };
  const take = ({ targets = [], parameters = [], exprs = [], bodies = [] }: Step) => {
    for (const target of targets) eachTarget(target, (name) => open.delete(name), load);
    for (const name of parameters) open.delete(name);
    for (const expr of exprs) eachName(expr, load);
    for (const inner of bodies) go(inner);
  };
  go(body);
  return found;
}
