/** What one row of the table of settings says. table.ts holds the rows. */
import type { Seconds } from '../contract/units.ts';
import type { Kind } from './kinds.ts';

/** Headings of the help and of docs/settings.md, in their order. */
export const SECTIONS = [
  'Start',
  'Sockets',
  'Workers',
  'Requests',
  'Files',
  'Compression',
  'Operation',
  'Process',
  'Proxies',
  'Logs',
  'TLS',
  'Hooks',
] as const;

type Section = (typeof SECTIONS)[number];

/**
 * What a reload (HUP) does with a changed value: `live`, the arbiter takes it at once; `workers`, the new workers have
 * it; `restart`, it waits for a restart or an upgrade (USR2).
 */
export type ReloadEffect = 'live' | 'workers' | 'restart';

/** What a default may be made from. */
interface Start {
  /** Absolute path of the directory in which the server was started. */
  readonly cwd: string;
  /** `MODULE[:APP]`, or an empty string when none was given. */
  readonly app: string;
  /** The first worker has an inspector: it may stand still for as long as somebody looks at it. */
  readonly isInspected: boolean;
  /** As set, or its default. */
  readonly timeout: Seconds;
}

export interface Setting<Value, Input, Alias extends string> {
  /** As typed, the one that messages name first: `--workers`, `-w`. None: the setting belongs in a file only. */
  readonly flags: readonly string[];
  readonly kind: Kind<Value, Input>;
  readonly default: NoInfer<Value>;
  /** A default that is only known at the start; `says` stands for it in help and reference. */
  readonly defaultOf?: { readonly says: string; value(start: Start): NoInfer<Value> };
  /** An environment variable that replaces the default, and the text that it stands for. */
  readonly variable?: { readonly name: string; readonly says: string; toText(value: string): string };
  readonly section: Section;
  /** Markdown. The first sentence alone is the help; every number has its unit. */
  readonly text: string;
  /** The worker classes that heed it; all of them when left out. */
  readonly classes?: readonly string[];
  readonly reload: ReloadEffect;
  /** The value is never shown. */
  readonly secret?: true;
  /** Further names in a file. */
  readonly aliases?: readonly Alias[];
  /** It can only be given as a flag. */
  readonly flagOnly?: true;
}

/** A row whose types are left open: what code that goes through the whole table sees. */
export type AnySetting = Setting<unknown, unknown, string>;

/** Gives a row its types: the default must be a value of the kind. */
export function setting<Value, Input, const Alias extends string = never>(
  row: Setting<Value, Input, Alias>,
): Setting<Value, Input, Alias> {
  return row;
}
