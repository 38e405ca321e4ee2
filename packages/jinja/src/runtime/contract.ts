/** What the parts of the runtime know of each other: an environment, a template and its functions. */

import type { Place } from '../errors.ts';
import type { AnyFunction } from '../values/callable.ts';
import type { Origin, Undefined } from '../values/undefined.ts';
import type { Access } from './access.ts';
import type { Body, Writer } from './drive.ts';

/** The names that a running template sees. */
export interface Names {
  readonly engine: Engine;
  resolve(name: string): unknown;
}

/** A template's or a block's function. */
export type BodyFunction = (context: Names, writer: Writer) => Body;

/** A template as others use it. */
export interface LoadedTemplate {
  readonly name: string | null;
  readonly engine: Engine;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly root: BodyFunction;
  readonly blocks: ReadonlyMap<string, BodyFunction>;
  place(offset: number): Place;
  /** Its exports when it runs without a context: made once. */
  defaultModule(): unknown;
}

/** Settings that few change, by Jinja's names in camelCase. */
export interface Policies {
  readonly truncateLeeway: number;
  readonly urlizeRel: string;
  readonly urlizeTarget: string | null;
  readonly urlizeExtraSchemes: readonly string[];
  readonly jsonSortKeys: boolean;
  /** Runs of whitespace around line ends become a space in `{% trans %}`. */
  readonly i18nTrimmed: boolean;
}

/** Bounds on a sandboxed template. */
export interface Limits {
  /** Milliseconds that a rendering may run. */
  readonly time: number;
  /** Characters that it may write. */
  readonly output: number;
}

/** An environment as the runtime uses it. */
export interface Engine {
  readonly filters: ReadonlyMap<string, AnyFunction>;
  readonly tests: ReadonlyMap<string, AnyFunction>;
  readonly globals: ReadonlyMap<string, unknown>;
  readonly access: Access;
  readonly policies: Policies;
  readonly newlineSequence: string;
  readonly limits: Limits | null;
  readonly finalize: AnyFunction | null;
  readonly runtime: unknown;
  autoescapeFor(name: string | null): boolean;
  undefined(origin?: Origin): Undefined;
  /** A template or a promise of one, by its name. */
  template(name: unknown, parent: string | null): LoadedTemplate | Promise<LoadedTemplate>;
  /** The same, or the first that there is of several. */
  choose(name: unknown, parent: string | null): LoadedTemplate | Promise<LoadedTemplate>;
}
