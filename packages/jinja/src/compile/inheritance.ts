/** What joins templates as JavaScript: `block`, `extends`, `include`, `import`. */
import type { Block, Expr, FromImport, Import, Include } from '../syntax/ast.ts';
import type { Frame } from './frame.ts';
import { MacroCompiler } from './macros.ts';
import { CompileError } from './unit.ts';

export abstract class InheritanceCompiler extends MacroCompiler {
  #extends = 0;

  protected blockStatement(block: Block, frame: Frame): void {
    const isAtTop = frame.state.isTopLevel;
    if (isAtTop && this.isSurelyExtended) return;
    const guards = isAtTop && this.#extends > 0;
    this.unit.line(guards ? 'if (parent === null) {' : '{');
    this.unit.line(`p = ${block.offset};`);
    const name = JSON.stringify(block.name);
    if (block.isRequired) this.unit.line(`c.require(${name});`);
    const context = block.isScoped ? `c.derived(${this.localsOf(frame)})` : 'c';
    this.delegate(`c.block(${name})(${context}, $W)`, frame);
    this.unit.line('}');
  }

  protected extendsStatement(template: Expr, offset: number, frame: Frame): void {
    if (!frame.state.isTopLevel) throw new CompileError('cannot use extend from a non top-level scope', offset);
    const { unit } = this;
    if (this.#extends > 0) unit.line('if (parent !== null) throw extendedTwice();');
    unit.line(`parent = ${this.awaited(`getTemplate(${this.expr(template, frame)}, T)`, frame)};`);
    unit.line('c.addBlocks(parent);');
    if (frame.state.isRoot) this.isSurelyExtended = true;
    this.#extends++;
  }

  protected includeStatement(include: Include, frame: Frame): void {
    if (this.isSilent(frame)) return;
    const { unit } = this;
    const template = unit.fresh('g');
    unit.line(frame.state.checksOutput ? 'if (parent === null) {' : '{');
    const name = this.expr(include.template, frame);
    unit.line(`const ${template} = ${this.awaited(`includeTemplate(${name}, ${include.ignoresMissing}, T)`, frame)};`);
    unit.line(`if (${template} !== null) {`);
    const context = include.withContext ? `c.included(${template}, ${this.localsOf(frame)})` : `c.fresh(${template})`;
    this.delegate(`${template}.root(${context}, $W)`, frame);
    unit.line('}}');
  }

  #imported(statement: Import | FromImport, frame: Frame): string {
    const template = this.awaited(`getTemplate(${this.expr(statement.template, frame)}, T)`, frame);
    const locals = statement.withContext ? this.localsOf(frame) : 'null';
    return this.awaited(`importModule(${template}, c, ${locals})`, frame);
  }

  protected importStatement(statement: Import, frame: Frame): void {
    const variable = frame.state.scope.variable(statement.target);
    this.unit.line(`${variable} = ${this.#imported(statement, frame)};`);
    if (frame.state.isTopLevel) this.unit.line(`c.keep(${JSON.stringify(statement.target)}, ${variable});`);
  }

  protected fromImportStatement(statement: FromImport, frame: Frame): void {
    this.unit.line(`v = ${this.#imported(statement, frame)};`);
    for (const { name, alias } of statement.names) {
      const variable = frame.state.scope.variable(alias);
      this.unit.line(`${variable} = exported(v, ${JSON.stringify(name)});`);
      if (frame.state.isTopLevel) this.unit.line(`c.keep(${JSON.stringify(alias)}, ${variable});`);
    }
  }
}
