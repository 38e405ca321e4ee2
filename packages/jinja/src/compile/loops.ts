/** What a loop's body asks of its `loop`. */
import { bodiesOf, type Expr, type For, type Stmt } from '../syntax/ast.ts';
import { innerExprs, undeclared } from './names.ts';

/** Whether the loop needs an object for `loop`. */
export const needsLoop = (loop: For): boolean =>
  loop.isRecursive || undeclared(loop.body, ['loop']).size > 0 || hasScopedBlock(loop.body);

const hasScopedBlock = (body: readonly Stmt[]): boolean =>
  body.some(
    (statement) => (statement.kind === 'block' && statement.isScoped) || bodiesOf(statement).some(hasScopedBlock),
  );

/** What `loop` knows without looking at items to come. */
const LOOKS_BACK = new Set(['index', 'index0', 'first', 'depth', 'depth0', 'cycle', 'changed', 'previtem']);

/** Whether the loop's test must be asked of all items before the first is taken. */
export const needsLookahead = (loop: For): boolean =>
  loop.isRecursive || hasScopedBlock(loop.body) || loop.body.some((statement) => mayLookAhead(statement));

function mayLookAhead(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(mayLookAhead);
  if (typeof value !== 'object' || value === null) return false;
  if (isExpr(value)) {
    if (value.kind === 'name') return value.name === 'loop';
    if (value.kind === 'getattr' && value.object.kind === 'name' && value.object.name === 'loop') {
      return !LOOKS_BACK.has(value.name);
    }
    if (value.kind !== 'const') return innerExprs(value).some(mayLookAhead);
    return false;
  }
  return Object.values(value).some(mayLookAhead);
}

const EXPRESSIONS = new Set<unknown>([
  ...['const', 'name', 'nsref', 'tuple', 'call', 'filter', 'getattr', 'list', 'dict', 'getitem', 'slice', 'test'],
  ...['unary', 'binary', 'logic', 'compare', 'concat', 'conditional', 'markup'],
]);

const isExpr = (value: object): value is Expr => 'kind' in value && EXPRESSIONS.has(value.kind);
