/** The options of an environment, by Jinja's names in camelCase. */
import type { Loader } from './loaders/contract.ts';
import type { SandboxPolicy } from './runtime/access.ts';
import type { Limits, Policies } from './runtime/contract.ts';
import type { ExtensionName } from './syntax/parser.ts';
import type { Syntax } from './syntax/settings.ts';
import type { AnyFunction } from './values/callable.ts';
import type { UndefinedKind } from './values/undefined.ts';

/** What a sandbox allows and how far a rendering may go. */
export interface SandboxOptions extends Partial<SandboxPolicy>, Partial<Limits> {}

export interface EnvironmentOptions extends Partial<Syntax> {
  readonly loader?: Loader;
  /** Whether values are escaped: for all templates, or by their names (null for one from a string). Default: false. */
  readonly autoescape?: boolean | ((name: string | null) => boolean);
  /** What a missing name or attribute is. Default: `default`, which prints as nothing. */
  readonly undefined?: UndefinedKind;
  readonly extensions?: readonly ExtensionName[];
  /** Filters beside Jinja's own. */
  readonly filters?: Readonly<Record<string, AnyFunction>>;
  readonly tests?: Readonly<Record<string, AnyFunction>>;
  readonly globals?: Readonly<Record<string, unknown>>;
  /** Whether a loaded template is looked up anew when its source has changed. Default: true. */
  readonly autoReload?: boolean;
  /** How many compiled templates are kept; -1 for all, 0 for none. Default: 400. */
  readonly cacheSize?: number;
  /** For templates that are not trusted. Default: false. */
  readonly sandboxed?: boolean | SandboxOptions;
  /** What every printed value goes through. */
  readonly finalize?: AnyFunction;
  readonly policies?: Partial<Policies>;
}
