/** Statements as JavaScript, written into the unit line by line. */
import type { Expr, If, Output, Stmt, Target } from '../syntax/ast.ts';
import { escapeToHtml, str } from '../values/printing.ts';
import { truth } from '../values/truth.ts';
import type { Frame } from './frame.ts';
import { InheritanceCompiler } from './inheritance.ts';
import { eachTarget } from './names.ts';
import { optimize } from './optimizer.ts';
import { Scope } from './scopes.ts';
import { captured, shown } from './statement-writer.ts';

export class StatementCompiler extends InheritanceCompiler {
  override statements(body: readonly Stmt[], frame: Frame): void {
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
        this.loopStatement(statement, frame);
        return;
      case 'assign':
        this.unit.line(`v = ${this.expr(statement.value, frame)};`);
        this.#assign(statement.target, 'v', frame);
        return;
      case 'assignBlock':
        this.#assignBlock(statement, frame);
        return;
      case 'macro':
        this.macroStatement(statement, frame);
        return;
      case 'callBlock':
        this.callBlockStatement(statement, frame);
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
        this.blockStatement(statement, frame);
        return;
      case 'extends':
        this.extendsStatement(statement.template, statement.offset, frame);
        return;
      case 'include':
        this.includeStatement(statement, frame);
        return;
      case 'import':
        this.importStatement(statement, frame);
        return;
      case 'fromImport':
        this.fromImportStatement(statement, frame);
        return;
      case 'do':
        this.unit.line(`${this.expr(statement.value, frame)};`);
        return;
      case 'break':
      case 'continue':
        this.leaveLoop(statement);
        return;
      case 'debug':
        this.write(shown('debugText(c)', frame), frame);
        return;
    }
  }

  #output({ parts }: Output, frame: Frame): void {
    if (this.isSilent(frame)) return;
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

  #assign(target: Target, value: string, frame: Frame): void {
    this.unit.line('{');
    this.unpackInto(target, value, frame, false);
    this.unit.line('}');
    if (!frame.state.isTopLevel) return;
    eachTarget(
      target,
      (name) => this.exportName(name, frame),
      () => {},
    );
  }

  #assignBlock(statement: Extract<Stmt, { kind: 'assignBlock' }>, frame: Frame): void {
    const scope = new Scope(frame.state.scope);
    scope.statements(statement.body);
    if (statement.filter) scope.expression(statement.filter);
    this.unit.line('{');
    const buffer = this.capture(frame.inner(scope), (inner) => {
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
    const buffer = this.capture(inner, (captor) => {
      this.enter(captor);
      this.statements(statement.body, captor);
    });
    this.unit.line(`v = ${this.filter(statement.filter, inner, captured(buffer, frame))};`);
    this.write('str(v)', frame);
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
      this.unpackInto(target, values[i] ?? 'null', inner, true);
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
}

const isText = (autoescape: string) => autoescape === 'true' || autoescape === 'false';
