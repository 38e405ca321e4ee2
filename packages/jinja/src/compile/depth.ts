/**
 * How deep a template's tree may be. Whatever goes through it calls itself at each level, and so does the compiler of the JavaScript that it
 * becomes: without a bound some hundred operators more end in a RangeError of the stack, wherever that happens to be.
 */
import type { Expr, Stmt } from '../syntax/ast.ts';
import { bodiesOf } from '../syntax/ast.ts';
import { exprsOf, innerExprs } from './names.ts';
import { CompileError } from './unit.ts';

/** Of operators, attributes and filters one upon the other. Python takes as many, and writes a pair of parentheses for each. */
const DEEPEST = 200;

/** @throws CompileError */
export function checkDepth(body: readonly Stmt[]): void {
  const statements = [...body];
  for (let statement = statements.pop(); statement !== undefined; statement = statements.pop()) {
    for (const expr of exprsOf(statement)) checkExpr(expr);
    for (const inner of bodiesOf(statement)) statements.push(...inner);
  }
}

/** Calls itself at no level. */
function checkExpr(whole: Expr): void {
  let level: readonly Expr[] = [whole];
  for (let depth = 1; level.length > 0; depth++) {
    const [first] = level;
    if (depth > DEEPEST && first !== undefined)
      throw new CompileError(`expressions nest deeper than ${DEEPEST}`, first.offset);
    level = level.flatMap(innerExprs);
  }
}
