/** `g`: a place for what belongs to one request, such as the database's connection. Flask's `_AppCtxGlobals`. */

/**
 * Declare what you keep here by merging:
 *
 * @example
 * declare module '@qilin/flask' {
 *   interface Globals { user: User | null }
 * }
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: users declare their own members by merging
export class Globals {
  /** The value of a name, or `fallback` when it has none. */
  get<N extends string>(name: N): Globals[N] | undefined;
  get<N extends string, D>(name: N, fallback: D): Exclude<Globals[N], undefined> | D;
  get(name: string, fallback?: unknown): unknown {
    return Object.hasOwn(this, name) ? this[name] : fallback;
  }

  /** As `get`, and the name is forgotten. */
  pop<N extends string>(name: N): Globals[N] | undefined;
  pop<N extends string, D>(name: N, fallback: D): Exclude<Globals[N], undefined> | D;
  pop(name: string, fallback?: unknown): unknown {
    const value = this.get(name, fallback);
    Reflect.deleteProperty(this, name);
    return value;
  }

  /** The value of a name; when it has none, it gets `fallback`. */
  setdefault<T>(name: string, fallback: T): T {
    if (!Object.hasOwn(this, name)) Reflect.set(this, name, fallback);
    return Reflect.get(this, name) as T;
  }
}

export interface Globals {
  [name: string]: unknown;
}
