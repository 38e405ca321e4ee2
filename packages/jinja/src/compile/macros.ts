/** Macros and `call` blocks as JavaScript: generator functions, and the objects that templates call. */
import type { CallBlock, Macro, Parameter, Stmt } from '../syntax/ast.ts';
import type { Frame } from './frame.ts';
import { LoopCompiler } from './loop-statements.ts';
import { undeclared } from './names.ts';
import { Scope } from './scopes.ts';
import { CompileError } from './unit.ts';

export abstract class MacroCompiler extends LoopCompiler {
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

  protected macroStatement(macro: Macro, frame: Frame): void {
    const code = this.#macroCode(macro.name, macro.parameters, macro.body, frame, macro.offset);
    this.unit.line(`${frame.state.scope.variable(macro.name)} = ${code};`);
    if (frame.state.isTopLevel) this.exportName(macro.name, frame);
  }

  protected callBlockStatement(block: CallBlock, frame: Frame): void {
    this.unit.line('{');
    const caller = this.unit.fresh('q');
    const code = this.#macroCode(null, block.parameters, block.body, frame, block.offset);
    this.unit.line(`const ${caller} = ${code};`);
    this.unit.line(`v = ${this.awaited(this.call(block.call, frame, [`["caller"]: ${caller}`]), frame)};`);
    this.write('str(v)', frame);
    this.unit.line('}');
  }
}

const bodyNames = (body: readonly Stmt[]): ReadonlySet<string> => undeclared(body, ['caller']);
