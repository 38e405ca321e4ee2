/** Loops as JavaScript: plain, with `loop`, with a test, recursive. */
import { bodiesOf, type For, type Stmt } from '../syntax/ast.ts';
import type { Frame } from './frame.ts';
import { needsLookahead, needsLoop } from './loops.ts';
import { eachTarget } from './names.ts';
import { loopScope } from './scopes.ts';
import { captured, StatementWriter } from './statement-writer.ts';
import { CompileError } from './unit.ts';

/** After so many characters of a loop's output a stream hands on what it has. */
const CHUNK = 8192;

export abstract class LoopCompiler extends StatementWriter {
  protected loopStatement(loop: For, frame: Frame): void {
    const { unit } = this;
    const isExtended = needsLoop(loop);
    refuseLoopTarget(loop);
    const inner = frame.inner(loopScope(frame.state.scope, loop, 'body', isExtended));
    const iterable = this.awaited(`loopOver(${this.expr(loop.iterable, frame)})`, frame);
    unit.line('{');
    if (loop.isRecursive) this.#recursive(loop, inner, frame, iterable);
    else this.#loop(loop, inner, frame, iterable, '0', 'null');
    unit.line('}');
  }

  /** A function that goes through a level of a tree, and calls itself by `loop(…)`. */
  #recursive(loop: For, inner: Frame, frame: Frame, iterable: string): void {
    const { unit } = this;
    const name = unit.fresh('f');
    const buffer = unit.fresh('b');
    unit.line(`const ${name} = function* (src, depth) { let ${buffer} = "";`);
    const buffered = inner.with({ buffer, isStreamed: false, checksOutput: false });
    const outer = frame.with({ buffer, isStreamed: false, checksOutput: false });
    this.inFunction(
      '',
      () => this.#loop(loop, buffered, outer, 'src', 'depth', `(s, d) => run(${name}(loopOver(s), d))`),
      `return ${captured(buffer, frame)}; };`,
    );
    unit.line(`v = yield* ${name}(${iterable}, 0);`);
    this.write('str(v)', frame);
  }

  #loop(loop: For, inner: Frame, frame: Frame, iterable: string, depth: string, recurse: string): void {
    const { unit } = this;
    const isEmpty = loop.otherwise.length > 0 ? unit.fresh('n') : null;
    if (isEmpty) unit.line(`let ${isEmpty} = true;`);
    const isExtended = needsLoop(loop);
    const item = unit.fresh('i');
    const filtersBefore = loop.test !== null && isExtended && needsLookahead(loop);
    let source = iterable;
    if (filtersBefore) {
      source = unit.fresh('s');
      unit.line(`const ${source} = [];`);
      unit.line(`for (let ${item} of ${iterable}) {`);
      this.#test(loop, item, frame, `${source}.push(${item});`);
      unit.line('}');
    }
    const loopVariable = isExtended ? inner.state.scope.variable('loop') : null;
    if (loopVariable !== null) {
      unit.line(`const ${loopVariable} = new Loop(${source}, ${depth}, ${recurse}, undefinedHint);`);
      unit.line(`for (let ${item} of ${loopVariable}) {`);
    } else unit.line(`for (let ${item} of ${source}) {`);
    if (unit.rules.isSandboxed) unit.line(`c.tick(${frame.state.buffer}.length);`);
    unit.line(`if (typeof ${item} === "object" && isPromise(${item})) ${item} = yield ${item};`);
    if (loop.test && !filtersBefore) {
      const skip = loopVariable === null ? 'continue;' : `{ ${loopVariable}.skip(); continue; }`;
      unit.line('{');
      this.#bind(loop, item, frame);
      unit.line(`p = ${loop.test.offset};`);
      unit.line(`if (!${this.condition(loop.test, this.#testFrame(loop, frame))}) ${skip}`);
      unit.line('}');
    }
    this.unpackInto(loop.target, item, inner, true);
    this.enter(inner);
    this.countLoops(1);
    this.statements(loop.body, inner);
    this.countLoops(-1);
    // Jinja's loop counts as one without items until an item's body has come to its end.
    if (isEmpty) unit.line(`${isEmpty} = false;`);
    if (inner.state.isStreamed) {
      unit.line(`if (o.length > ${CHUNK} && w.isStreaming) { w.s += o; o = ""; yield FLUSH; }`);
    }
    unit.line('}');
    if (!isEmpty) return;
    const otherwise = frame.inner(loopScope(frame.state.scope, loop, 'otherwise'));
    unit.line(`if (${isEmpty}) {`);
    this.enter(otherwise);
    this.statements(loop.otherwise, otherwise);
    unit.line('}');
  }

  #testFrame(loop: For, frame: Frame): Frame {
    return frame.inner(loopScope(frame.state.scope, loop, 'test'));
  }

  #bind(loop: For, item: string, frame: Frame): void {
    const test = this.#testFrame(loop, frame);
    this.unpackInto(loop.target, item, test, true);
    this.enter(test);
  }

  #test(loop: For, item: string, frame: Frame, then: string): void {
    if (!loop.test) return;
    this.#bind(loop, item, frame);
    this.unit.line(`p = ${loop.test.offset};`);
    this.unit.line(`if (${this.condition(loop.test, this.#testFrame(loop, frame))}) { ${then} }`);
  }
}

/** `loop` is the loop's own, also where nobody asks for it: neither its target nor what is set in it has that name. */
function refuseLoopTarget(statement: Stmt): void {
  const refuse = (name: string) => {
    if (name !== 'loop') return;
    throw new CompileError("Can't assign to special loop variable in for-loop target", statement.offset);
  };
  if (statement.kind === 'for' || statement.kind === 'assign' || statement.kind === 'assignBlock')
    eachTarget(statement.target, refuse, () => {});
  for (const body of bodiesOf(statement)) for (const inner of body) refuseLoopTarget(inner);
}
