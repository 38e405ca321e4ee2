/** Calls of functions, filters and tests, with what each asks for. */
import { SecurityError, TemplateRuntimeError } from '../errors.ts';
import { spend } from '../values/budget.ts';
import {
  type AnyFunction,
  arrange,
  CallableObject,
  type Keywords,
  refuseCall,
  signatureOf,
} from '../values/callable.ts';
import { repr } from '../values/printing.ts';
import type { SandboxPolicy } from './access.ts';
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

/** What a call costs of a sandbox's time, whatever it does. */
const CALL = 256;

function refuseUnsafe(sandbox: SandboxPolicy, callee: unknown): void {
  if (!sandbox.allowsCall(callee)) throw new SecurityError(`${repr(callee)} is not safely callable`);
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
  if (sandbox) {
    spend(CALL);
    refuseUnsafe(sandbox, callee);
    // What is handed over may be called in turn: by `list.sort(key=…)`, or by a method of the app's.
    for (const given of [...args, ...Object.values(keywords ?? {})]) {
      if (typeof given === 'function') refuseUnsafe(sandbox, given);
    }
  }
  if (callee instanceof CallableObject) return callee.invoke(args, keywords, autoescape);
  if (typeof callee !== 'function') return refuseCall(callee);
  return callFunction(context, callee, self, args, keywords, autoescape);
}

/** Filters and tests: what they are called in a template, and where the environment has them. */
function callNamed(kind: 'filter' | 'test') {
  const table = kind === 'filter' ? 'filters' : 'tests';
  return (
    context: Context,
    name: string,
    args: readonly unknown[],
    keywords: Keywords | null,
    autoescape: boolean,
  ): unknown => {
    const found = context.engine[table].get(name);
    if (!found) throw new TemplateRuntimeError(`No ${kind} named '${name}' found.`);
    spend(1);
    return callFunction(context, found, undefined, args, keywords, autoescape, 1);
  };
}

export const callFilter = callNamed('filter');
export const callTest = callNamed('test');
