/** What all statements are written with: functions and their variables, buffers, assignments, what goes to the page. */
import type { Stmt, Target } from '../syntax/ast.ts';
import { ExpressionCompiler } from './expressions.ts';
import type { Frame } from './frame.ts';
import { isTarget } from './names.ts';
import { CompileError, type Unit } from './unit.ts';

export abstract class StatementWriter extends ExpressionCompiler {
  /** Whether some statement of the template is `extends`. */
  readonly mayExtend: boolean;
  /** An `extends` outside of any condition was met: the template's own level writes nothing more. */
  protected isSurelyExtended = false;
  #declared: string[][] = [];
  /** In how many loops of each function that is being written. */
  readonly #loops: number[] = [];

  constructor(unit: Unit, lineOf: (offset: number) => number, mayExtend: boolean) {
    super(unit, lineOf);
    this.mayExtend = mayExtend;
  }

  /** Writes statements one behind the other. */
  abstract statements(body: readonly Stmt[], frame: Frame): void;

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

  /** Whether nothing here is ever written. */
  protected isSilent(frame: Frame): boolean {
    return this.isSurelyExtended && frame.state.checksOutput;
  }

  /** Adds text to the output, which is JavaScript of a text. */
  protected write(code: string, frame: Frame): void {
    if (this.isSilent(frame)) return;
    const line = `${frame.state.buffer} += ${code};`;
    this.unit.line(frame.state.checksOutput ? `if (parent === null) ${line}` : line);
  }

  protected countLoops(by: number): void {
    this.#loops.push((this.#loops.pop() ?? 0) + by);
  }

  /** `break` and `continue`. */
  protected leaveLoop(statement: Extract<Stmt, { kind: 'break' | 'continue' }>): void {
    if (this.#loops.at(-1) === 0) throw new CompileError(`'${statement.kind}' outside loop`, statement.offset);
    this.unit.line(`${statement.kind};`);
  }

  /** Assigns a value to what a loop or `with` declares. */
  protected unpackInto(target: Target, value: string, frame: Frame, declares: boolean): void {
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
        if (isTarget(item)) this.unpackInto(item, `${list}[${i}]`, frame, declares);
      });
    }
  }

  protected exportName(name: string, frame: Frame): void {
    const method = name.startsWith('_') ? 'keep' : 'export';
    this.unit.line(`c.${method}(${JSON.stringify(name)}, ${frame.state.scope.variable(name)});`);
  }

  /** Writes what `write` outputs into a variable of its own. @returns its name */
  protected capture(frame: Frame, write: (frame: Frame) => void): string {
    const buffer = this.unit.fresh('b');
    this.unit.line(`let ${buffer} = "";`);
    write(frame.with({ buffer, isStreamed: false, checksOutput: false }));
    return buffer;
  }

  /** Hands what was written to the page before another function adds to it. */
  protected flush(frame: Frame): void {
    if (frame.state.isStreamed) this.unit.line('w.s += o; o = "";');
  }

  /** Runs a generator that writes to the page, here into the current buffer. @param code Of the generator, `W` the writer. */
  protected delegate(code: string, frame: Frame): void {
    if (frame.state.isStreamed) {
      this.flush(frame);
      this.unit.line(`yield* ${code.replace('$W', 'w')};`);
      return;
    }
    const writer = this.unit.fresh('w');
    this.unit.line(`const ${writer} = new Writer();`);
    this.unit.line(`yield* ${code.replace('$W', writer)};`);
    this.unit.line(`${frame.state.buffer} += ${writer}.s;`);
  }

  /** The variables that are set here, for a context within this one. */
  protected localsOf(frame: Frame): string {
    const entries = [...frame.state.scope.stored()].map(([name, variable]) => `[${JSON.stringify(name)}]: ${variable}`);
    return `{${entries.join(', ')}}`;
  }
}

/** A value as text, escaped where HTML is. */
export const shown = (value: string, { state: { autoescape } }: Frame): string => {
  if (autoescape === 'true') return `html(${value})`;
  return autoescape === 'false' ? `str(${value})` : `(${autoescape} ? html : str)(${value})`;
};

/** What a captured buffer is: markup where HTML is escaped. */
export const captured = (buffer: string, frame: Frame): string => {
  const { autoescape } = frame.state;
  if (autoescape === 'false') return buffer;
  return autoescape === 'true' ? `new Markup(${buffer})` : `(${autoescape} ? new Markup(${buffer}) : ${buffer})`;
};
