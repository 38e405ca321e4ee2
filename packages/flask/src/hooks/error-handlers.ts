/** Which function handles an error: the one for its code before one for its class alone, the nearest class first. */
import { defaultExceptions } from '../exceptions/abort.ts';
import { HTTPException } from '../exceptions/http-exception.ts';
import type { Reply } from '../replies/reply.ts';

/** A class of errors, for `errorhandler`. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of a constructor that is only compared
export type ErrorClass<E extends Error = Error> = abstract new (...args: any[]) => E;

/** Makes the reply for an error. */
export type ErrorHandler<E extends Error = Error> = (error: E) => Reply | Promise<Reply>;

/** The handlers of an app or a blueprint. */
export class ErrorHandlers {
  readonly #ofCode = new Map<number | undefined, Map<unknown, ErrorHandler<never>>>();

  /** @throws RangeError for a code without an exception, TypeError for what is no class of errors */
  set<E extends Error>(codeOrClass: number | ErrorClass<E>, handler: ErrorHandler<E>): void {
    const { code, type } = keyOf(codeOrClass);
    const handlers = this.#ofCode.get(code) ?? new Map<unknown, ErrorHandler<never>>();
    this.#ofCode.set(code, handlers);
    handlers.set(type, handler as ErrorHandler<never>);
  }

  /** The handler of the nearest class; with `code`, among those for that code. */
  find(error: Error, code: number | undefined): ErrorHandler | undefined {
    const handlers = this.#ofCode.get(code);
    if (handlers === undefined) return undefined;
    for (
      let level: object | null = Object.getPrototypeOf(error);
      level !== null;
      level = Object.getPrototypeOf(level)
    ) {
      const handler = handlers.get(level.constructor);
      if (handler !== undefined) return handler as ErrorHandler;
    }
    return undefined;
  }
}

function keyOf(codeOrClass: number | ErrorClass): { readonly code: number | undefined; readonly type: unknown } {
  if (typeof codeOrClass === 'number') {
    const type = defaultExceptions.get(codeOrClass);
    if (type !== undefined) return { code: codeOrClass, type };
    throw new RangeError(
      `${codeOrClass} is not a recognized HTTP error code. Handle a subclass of HTTPException with that code instead.`,
    );
  }
  if (typeof codeOrClass !== 'function' || !(codeOrClass.prototype instanceof Error || codeOrClass === Error)) {
    throw new TypeError(`errorhandler takes a status code or a class of errors (got ${String(codeOrClass)}).`);
  }
  return { code: codeOfClass(codeOrClass), type: codeOrClass };
}

/** An exception's code is a member of its instances; a class that cannot be made without arguments has it from its base. */
function codeOfClass(type: ErrorClass): number | undefined {
  if (!(type.prototype instanceof HTTPException)) return undefined;
  for (const [code, known] of defaultExceptions) {
    if (type === known || type.prototype instanceof known) return code;
  }
  try {
    const made: unknown = Reflect.construct(type, []);
    return made instanceof HTTPException ? made.code : undefined;
  } catch {
    return undefined;
  }
}
