/** The type of a view's parameters, read from the text of its rule: `/user/<int:id>` → `{ id: number }`. */

/**
 * What a view gets from each converter. Declare yours by merging:
 *
 * @example
 * declare module '@qilin/flask' {
 *   interface ConverterTypes { list: string[] }
 * }
 */
export interface ConverterTypes {
  default: string;
  string: string;
  path: string;
  uuid: string;
  int: number;
  bigint: bigint;
  float: number;
}

/** `int:id`, `any(a, b):kind` and `name`, of all `<…>` in a rule. */
type Variables<R extends string> = R extends `${string}<${infer Inside}>${infer Rest}`
  ? Inside | Variables<Rest>
  : never;

type NameOf<V extends string> = V extends `${string}:${infer Name}` ? Name : V;

type Trim<S extends string> = S extends ` ${infer T}` ? Trim<T> : S extends `${infer T} ` ? Trim<T> : S;

type Items<L extends string> = L extends `${infer Head},${infer Tail}` ? Trim<Head> | Items<Tail> : Trim<L>;

type Named<C extends string> = C extends keyof ConverterTypes ? ConverterTypes[C] : unknown;

type TypeOf<V extends string> = V extends `${infer Converter}:${string}`
  ? Converter extends `any(${infer List})`
    ? Items<List>
    : Converter extends `${infer Name}(${string})`
      ? Named<Name>
      : Named<Converter>
  : string;

/** Parameters of a view at rule `R`; of a rule that is known only at run time, what the view says. */
export type ViewParams<R extends string> = string extends R
  ? never
  : { readonly [V in Variables<R> as NameOf<V>]: TypeOf<V> };
