/** Folds expressions of constants, so that they are computed once. What fails is left: it fails where it runs. */
import type { Expr } from '../syntax/ast.ts';
import { add, divide, floorDivide, modulo, multiply, negate, positive, power, subtract } from '../values/arithmetic.ts';
import { str } from '../values/printing.ts';
import { truth } from '../values/truth.ts';

const BINARY = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '//': floorDivide,
  '%': modulo,
  '**': power,
} as const;

/** A result longer than this is not kept in the compiled template. */
const LONGEST = 1000;

/** The same expression, or one with its constant parts computed. */
export function optimize(expr: Expr): Expr {
  switch (expr.kind) {
    case 'binary': {
      const left = optimize(expr.left);
      const right = optimize(expr.right);
      const folded = fold([left, right], (a, b) => BINARY[expr.operator](a, b));
      return folded ? { kind: 'const', ...folded, offset: expr.offset } : { ...expr, left, right };
    }
    case 'unary': {
      const value = optimize(expr.value);
      const compute = { '+': positive, '-': negate, not: (x: unknown) => !truth(x) }[expr.operator];
      const folded = fold([value], compute);
      return folded ? { kind: 'const', ...folded, offset: expr.offset } : { ...expr, value };
    }
    case 'concat': {
      const items = expr.items.map(optimize);
      const folded = fold(items, (...values) => values.map(str).join(''));
      return folded ? { kind: 'const', ...folded, offset: expr.offset } : { ...expr, items };
    }
    default:
      return expr;
  }
}

/** Only texts and numbers: a list must be a new one each time. */
function fold(parts: readonly Expr[], compute: (...values: unknown[]) => unknown): { value: unknown } | undefined {
  const values: unknown[] = [];
  for (const part of parts) {
    if (part.kind !== 'const') return undefined;
    values.push(part.value);
  }
  try {
    const value = compute(...values);
    return typeof value === 'string' && value.length > LONGEST ? undefined : { value };
  } catch {
    return undefined;
  }
}
