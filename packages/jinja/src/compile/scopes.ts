/**
 * What a name means in a part of a template. Jinja decides it before anything runs: a name that a scope sets is the scope's
 * own, from its beginning; another is looked up in the scopes around it and at last in the context.
 */
import type { Expr, For, Stmt, Target } from '../syntax/ast.ts';
import { eachName, eachTarget } from './names.ts';

/** Where a variable has its value from when its scope begins. */
export type Load =
  | { readonly kind: 'parameter' }
  | { readonly kind: 'context'; readonly name: string }
  | { readonly kind: 'outer'; readonly variable: string }
  | { readonly kind: 'nothing' };

export class Scope {
  readonly parent: Scope | null;
  readonly level: number;
  #variables = new Map<string, string>();
  #loads = new Map<string, Load>();
  #stores = new Set<string>();

  constructor(parent: Scope | null, level: number = parent ? parent.level + 1 : 0) {
    this.parent = parent;
    this.level = level;
  }

  #copy(): Scope {
    const copy = new Scope(this.parent, this.level);
    copy.#variables = new Map(this.#variables);
    copy.#loads = new Map(this.#loads);
    copy.#stores = new Set(this.#stores);
    return copy;
  }

  #define(name: string, load: Load): string {
    const variable = `l${this.level}_${identifier(name)}`;
    this.#variables.set(name, variable);
    this.#loads.set(variable, load);
    return variable;
  }

  find(name: string): string | undefined {
    return this.#variables.get(name) ?? this.parent?.find(name);
  }

  /** The variable of a name that the scope has. */
  variable(name: string): string {
    const variable = this.find(name);
    if (variable === undefined) throw new Error(`no variable for ${name}`);
    return variable;
  }

  loadOf(variable: string): Load | undefined {
    return this.#loads.get(variable) ?? this.parent?.loadOf(variable);
  }

  /** What is to be declared when the scope begins. */
  get loads(): ReadonlyMap<string, Load> {
    return this.#loads;
  }

  load(name: string): void {
    if (this.find(name) === undefined) this.#define(name, { kind: 'context', name });
  }

  store(name: string): void {
    this.#stores.add(name);
    if (this.#variables.has(name)) return;
    const variable = this.parent?.find(name);
    this.#define(name, variable === undefined ? { kind: 'nothing' } : { kind: 'outer', variable });
  }

  parameter(name: string): string {
    this.#stores.add(name);
    return this.#define(name, { kind: 'parameter' });
  }

  /** Names that this scope and those around it set, with their variables. */
  stored(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (let scope: Scope | null = this; scope; scope = scope.parent) {
      for (const name of scope.#stores) if (!found.has(name)) found.set(name, this.variable(name));
    }
    return found;
  }

  statements(body: readonly Stmt[]): void {
    for (const statement of body) this.#statement(statement);
  }

  expression(expr: Expr | null): void {
    if (expr) eachName(expr, (name) => this.load(name));
  }

  parameters(target: Target): void {
    eachTarget(
      target,
      (name) => this.parameter(name),
      (name) => this.load(name),
    );
  }

  #target(target: Target): void {
    eachTarget(
      target,
      (name) => this.store(name),
      (name) => this.load(name),
    );
  }

  #statement(statement: Stmt): void {
    switch (statement.kind) {
      case 'output':
        for (const part of statement.parts) if (part.kind !== 'data') this.expression(part);
        return;
      case 'assign':
        this.expression(statement.value);
        this.#target(statement.target);
        return;
      case 'assignBlock':
        this.#target(statement.target);
        return;
      case 'if':
        this.#if(statement.test, statement.body, statement.elifs, statement.otherwise);
        return;
      case 'for':
        this.expression(statement.iterable);
        return;
      case 'macro':
        this.store(statement.name);
        return;
      case 'callBlock':
        this.expression(statement.call);
        return;
      case 'filterBlock':
        this.expression(statement.filter);
        return;
      case 'with':
        for (const value of statement.values) this.expression(value);
        return;
      case 'import':
        this.expression(statement.template);
        this.store(statement.target);
        return;
      case 'fromImport':
        this.expression(statement.template);
        for (const { alias } of statement.names) this.store(alias);
        return;
      case 'include':
      case 'extends':
        this.expression(statement.template);
        return;
      case 'do':
        this.expression(statement.value);
    }
  }

  #if(
    test: Expr,
    body: readonly Stmt[],
    elifs: readonly { readonly test: Expr; readonly body: readonly Stmt[] }[],
    otherwise: readonly Stmt[],
  ): void {
    this.expression(test);
    const start = this.#copy();
    const branch = (condition: Expr | null, statements: readonly Stmt[]) => {
      const copy = start.#copy();
      copy.expression(condition);
      copy.statements(statements);
      return copy;
    };
    const tests = elifs.map((elif) => branch(elif.test, elif.body));
    this.#merge([branch(null, body), ...tests, branch(null, otherwise)]);
  }

  /** A name that not every branch sets keeps what it was before. */
  #merge(branches: readonly Scope[]): void {
    const counts = new Map<string, number>();
    for (const branch of branches) {
      for (const name of branch.#stores) if (!this.#stores.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const branch of branches) {
      for (const [name, variable] of branch.#variables) this.#variables.set(name, variable);
      for (const [variable, load] of branch.#loads) this.#loads.set(variable, load);
      for (const name of branch.#stores) this.#stores.add(name);
    }
    for (const [name, count] of counts) {
      if (count === branches.length) continue;
      const outer = this.parent?.find(name);
      const load: Load = outer === undefined ? { kind: 'context', name } : { kind: 'outer', variable: outer };
      this.#loads.set(this.variable(name), load);
    }
  }
}

/** The scope of a loop's body, of its test or of what is done when nothing was gone through. */
export function loopScope(parent: Scope, loop: For, part: 'body' | 'test' | 'otherwise', hasLoop = false): Scope {
  const scope = new Scope(parent);
  if (hasLoop) scope.parameter('loop');
  if (part !== 'otherwise') scope.parameters(loop.target);
  if (part === 'test') scope.expression(loop.test);
  else scope.statements(part === 'body' ? loop.body : loop.otherwise);
  return scope;
}

/** A name as part of a JavaScript identifier, distinct from every other's. */
const identifier = (name: string): string =>
  /^[A-Za-z0-9_]+$/.test(name) ? name : name.replace(/[^A-Za-z0-9_]/gu, (c) => `$${c.codePointAt(0)?.toString(16)}$`);
