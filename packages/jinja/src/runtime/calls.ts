/** Calls of functions, filters and tests, with what each asks for. */
import { SecurityError, TemplateRuntimeError } from '../errors.ts';
import {
  type AnyFunction,
  arrange,
  CallableObject,
  type Keywords,
  refuseCall,
  signatureOf,
} from '../values/callable.ts';
import { repr } from '../values/printing.ts';
import type { Context } from './context.ts';
import type { Engine } from './contract.ts';

/** What functions marked with `passEvalContext` get. */
export interface EvalContext {
  readonly environment: Engine;
  /** Whether HTML is escaped where the function is called. */
  readonly autoescape: boolean;
}

export function callFunction(
  context: Context,
  fn: AnyFunction,
  self: unknown,
  args: readonly unknown[],
  keywords: Keywords | null,
  autoescape: boolean,
  unnamed = 0,
): unknown {
  const signature = signatureOf(fn);
  if (!signature) return Reflect.apply(fn, self, keywords ? [...args, keywords] : args);
  const arranged = arrange(fn, args, keywords, unnamed);
  if (!signature.pass) return Reflect.apply(fn, self, arranged);
  return Reflect.apply(fn, self, [passed(context, signature.pass, autoescape), ...arranged]);
}

function passed(context: Context, pass: 'context' | 'evalContext' | 'environment', autoescape: boolean): unknown {
  if (pass === 'context') return context;
  if (pass === 'environment') return context.engine;
  return { environment: context.engine, autoescape } satisfies EvalContext;
}

/** `callee(*args, **keywords)`. */
export function call(
  context: Context,
  callee: unknown,
  args: readonly unknown[],
  keywords: Keywords | null,
  autoescape: boolean,
  self?: unknown,
): unknown {
  const { sandbox } = context.engine.access;
  if (sandbox && !sandbox.allowsCall(callee)) throw new SecurityError(`${repr(callee)} is not safely callable`);
  if (callee instanceof CallableObject) return callee.invoke(args, keywords, autoescape);
  if (typeof callee !== 'function') return refuseCall(callee);
  return callFunction(context, callee, self, args, keywords, autoescape);
}

export function callFilter(
  context: Context,
  name: string,
  args: readonly unknown[],
  keywords: Keywords | null,
  autoescape: boolean,
): unknown {
  const filter = context.engine.filters.get(name);
  if (!filter) throw new TemplateRuntimeError(`No filter named '${name}' found.`);
  return callFunction(context, filter, undefined, args, keywords, autoescape, 1);
}

export function callTest(
  context: Context,
  name: string,
  args: readonly unknown[],
  keywords: Keywords | null,
  autoescape: boolean,
): unknown {
  const test = context.engine.tests.get(name);
  if (!test) throw new TemplateRuntimeError(`No test named '${name}' found.`);
  return callFunction(context, test, undefined, args, keywords, autoescape, 1);
}
