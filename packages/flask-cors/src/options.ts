/** What may be told to whom: the options of Flask-CORS, from the app's settings and from calls. */
import { currentApp, type Flask } from '@qilin/flask';

/** A name, or a pattern of names; `*` is any. A text is one name, case aside: patterns are regular expressions. */
export type Pattern = string | RegExp;

/** Options of Flask-CORS, of an app, of some of its paths or of one view. */
export interface CorsOptions {
  /** Whose pages may read the answers: `https://example.org`, patterns of the whole origin. Default: `*`. */
  readonly origins?: Pattern | readonly Pattern[];
  /** Methods that a page may ask for. Default: all that there are. */
  readonly methods?: readonly string[];
  /** Headers that a page may send. Default: `*`. */
  readonly allowHeaders?: Pattern | readonly Pattern[];
  /** Headers of the answer that a page may read. */
  readonly exposeHeaders?: string | readonly string[];
  /** Whether cookies are sent and taken. */
  readonly supportsCredentials?: boolean;
  /** Seconds for which a browser may keep the answer to its question. */
  readonly maxAge?: number;
  /** Says `*` instead of the origin that asked. */
  readonly sendWildcard?: boolean;
  /** Says `Vary: Origin` where the answer depends on it. Default: true. */
  readonly varyHeader?: boolean;
  /** Says who may read also to those who did not ask. Default: true. */
  readonly alwaysSend?: boolean;
  /** Whether pages of the internet may read from this private network. Default: false. */
  readonly allowPrivateNetwork?: boolean;
}

declare module '@qilin/flask' {
  interface ConfigValues {
    CORS_ORIGINS?: Pattern | readonly Pattern[];
    CORS_METHODS?: readonly string[];
    CORS_ALLOW_HEADERS?: Pattern | readonly Pattern[];
    CORS_EXPOSE_HEADERS?: string | readonly string[];
    CORS_SUPPORTS_CREDENTIALS?: boolean;
    CORS_MAX_AGE?: number;
    CORS_SEND_WILDCARD?: boolean;
    CORS_VARY_HEADER?: boolean;
    CORS_ALWAYS_SEND?: boolean;
    CORS_ALLOW_PRIVATE_NETWORK?: boolean;
  }
}

/** Options in full. */
export interface Settled {
  readonly origins: readonly Pattern[];
  readonly methods: readonly string[];
  readonly allowHeaders: readonly Pattern[];
  readonly exposeHeaders: readonly string[];
  readonly supportsCredentials: boolean;
  readonly maxAge: number | undefined;
  readonly sendWildcard: boolean;
  readonly varyHeader: boolean;
  readonly alwaysSend: boolean;
  readonly allowPrivateNetwork: boolean;
}

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'];

const listOf = <T extends string | RegExp>(value: T | readonly T[] | undefined): readonly T[] => {
  if (value === undefined) return [];
  return typeof value === 'string' || value instanceof RegExp ? [value] : (value as readonly T[]);
};

/** The app's settings below what was given. @throws TypeError for what no browser would accept */
export function settle(given: CorsOptions, app: Pick<Flask, 'config'> = currentApp): Settled {
  const { config } = app;
  const settled: Settled = {
    origins: listOf(given.origins ?? config.CORS_ORIGINS ?? '*'),
    methods: (given.methods ?? config.CORS_METHODS ?? ALL_METHODS).map((method) => method.toUpperCase()).toSorted(),
    allowHeaders: listOf(given.allowHeaders ?? config.CORS_ALLOW_HEADERS ?? '*'),
    exposeHeaders: listOf(given.exposeHeaders ?? config.CORS_EXPOSE_HEADERS).toSorted(),
    supportsCredentials: given.supportsCredentials ?? config.CORS_SUPPORTS_CREDENTIALS ?? false,
    maxAge: given.maxAge ?? config.CORS_MAX_AGE,
    sendWildcard: given.sendWildcard ?? config.CORS_SEND_WILDCARD ?? false,
    varyHeader: given.varyHeader ?? config.CORS_VARY_HEADER ?? true,
    alwaysSend: given.alwaysSend ?? config.CORS_ALWAYS_SEND ?? true,
    allowPrivateNetwork: given.allowPrivateNetwork ?? config.CORS_ALLOW_PRIVATE_NETWORK ?? false,
  };
  if (settled.supportsCredentials && settled.sendWildcard && settled.origins.includes('*')) {
    throw new TypeError(
      "No browser sends credentials where the origin is '*': set supportsCredentials, or sendWildcard with origins '*', not both.",
    );
  }
  return settled;
}
