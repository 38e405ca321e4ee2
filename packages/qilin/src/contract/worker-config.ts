/**
 * The settings that a worker needs, as plain data: they travel to it as JSON. settings/table.ts holds each one's
 * meaning, default and unit; the compiler checks that the whole `Config` still has all of these.
 */

import type { Address } from './address.ts';
import type { Interface } from './app.ts';
import type { OWN_HEALTH_CHECK } from './health-check.ts';
import type { LogSettings } from './log.ts';
import type { StatsdSettings } from './statsd.ts';
import type { Milliseconds, Seconds } from './units.ts';

export interface AccessLogSettings {
  /** File name, `-` for stdout, null for none. */
  readonly accesslog: string | null;
  readonly accessLogFormat: string;
  readonly logFormat: 'text' | 'json';
  /** Paths whose requests are not logged, `*` for any characters. */
  readonly accessLogExclude: readonly string[];
  /** Fields that a line of JSON has beside the usual: contract/log-fields.ts. */
  readonly logFields: readonly string[];
  /** Each request has an id and a trace. */
  readonly requestId: boolean;
}

export interface ForwardedSettings {
  /** Addresses or CIDR blocks whose X-Forwarded-* headers are believed; `*` for all. */
  readonly forwardedAllowIps: readonly string[];
  /** Header name (lower case) to the value that says that the client came by TLS. */
  readonly secureSchemeHeaders: Readonly<Record<string, string>>;
}

export interface ProxySettings {
  /** Connections begin with a header of PROXY protocol. */
  readonly proxyProtocol: boolean;
  /** Addresses or CIDR blocks of the proxies that may send one; `*` for all. */
  readonly proxyAllowFrom: readonly string[];
}

/** Files that are given before the app is asked. */
export interface StaticSettings {
  /** The beginning of a path (`/assets`; `/` for all) to the absolute path of a folder. */
  readonly static: Readonly<Record<string, string>>;
  /** A file of such a folder for whoever wants a page that is not there; null for none. */
  readonly staticFallback: string | null;
  readonly staticMaxAge: Seconds;
  /** Whether names that hold a hash of the contents are told to be good for ever. */
  readonly staticImmutable: boolean;
  /** Whether symbolic links may lead out of the folder. */
  readonly staticSymlinks: boolean;
}

/** Content codings, the one that is offered first first. */
export const COMPRESS_CODINGS = ['zstd', 'br', 'gzip'] as const;
/** Media types of what is text, or as little packed. */
export const COMPRESS_TYPES: readonly string[] = [
  'text/*',
  'application/json',
  'application/javascript',
  'application/xml',
  'application/x-ndjson',
  'application/wasm',
  'application/*+json',
  'application/*+xml',
  'image/svg+xml',
  'font/ttf',
  'font/otf',
];
export type CompressCoding = (typeof COMPRESS_CODINGS)[number];

/** Answers that are encoded for clients that take that. */
export interface CompressSettings {
  readonly compress: boolean;
  readonly compressEncodings: readonly CompressCoding[];
  /** Bytes. */
  readonly compressMinimum: number;
  /** Media types, in which `*` stands for any name. */
  readonly compressTypes: readonly string[];
  /** 0 for that of each coding which is quick. */
  readonly compressLevel: number;
}

export interface TlsSettings {
  readonly keyfile: string | null;
  readonly certfile: string | null;
  readonly caCerts: string | null;
  readonly certReqs: 'none' | 'optional' | 'required';
  readonly ciphers: string | null;
  readonly http2: (typeof HTTP2_CHOICES)[number];
  /** Streams that a client may have open on one connection of HTTP/2. */
  readonly http2MaxStreams: number;
}

/** What one connection may make any engine hold of a head, whatever the settings say. */
export const MOST_HEAD_BYTES = 1024 * 1024;
/** The native engine's table of a head's fields has room for so many. */
export const MOST_HEAD_FIELDS = 1024;

/** Whether TLS clients are offered HTTP/2: setting `http2`. */
export const HTTP2_CHOICES = ['auto', 'on', 'off'] as const;

export interface LimitSettings {
  /** Bytes of a request line; 0 for no limit but that of the whole head. */
  readonly limitRequestLine: number;
  /** Header fields of a request; 0 for the most that can be. */
  readonly limitRequestFields: number;
  /** Bytes of one header field; 0 for no limit but that of the whole head. */
  readonly limitRequestFieldSize: number;
  /** Bytes of a request body; 0 for no limit. */
  readonly limitRequestBody: number;
}

/** How long a client, or the app, may take; 0 for ever. */
export interface DeadlineSettings {
  /** For the head of a request, from the connection's start or the first byte: then 408. */
  readonly headersTimeout: Seconds;
  /** For the whole body, from the end of the head: then 408. */
  readonly bodyTimeout: Seconds;
  /** For which a client may take no byte of what waits to be sent to it. */
  readonly sendTimeout: Seconds;
  /** For the app to begin its answer, from the end of the head: then 503. */
  readonly responseTimeout: Seconds;
  readonly queueTimeout: Milliseconds;
  /** For all of a request, from the end of its head until its answer is sent: then 503, or the answer is cut. */
  readonly requestTimeout: Seconds;
}

/** Where Node's inspector listens. */
export interface InspectorAddress {
  readonly host: string;
  readonly port: number;
}

/** How the native engine learns which connections are ready: setting `multiplexer`. */
export const MULTIPLEXERS = ['epoll', 'epoll-lt', 'poll', 'select'] as const;
/** How it keeps deadlines: setting `timers`. */
export const TIMERS = ['wheel', 'heap'] as const;
/** What serves in a thread of class `threads`: setting `threadEngine`. */
export const THREAD_ENGINES = ['auto', 'picoev', 'async'] as const;

export interface EngineSettings {
  readonly multiplexer: (typeof MULTIPLEXERS)[number];
  readonly timers: (typeof TIMERS)[number];
}

export interface WorkerConfig
  extends LogSettings,
    AccessLogSettings,
    ForwardedSettings,
    ProxySettings,
    TlsSettings,
    LimitSettings,
    StatsdSettings,
    DeadlineSettings,
    StaticSettings,
    CompressSettings,
    EngineSettings {
  /** `MODULE[:APP]` as the user wrote it. */
  readonly app: string;
  /** Of the program, behind its file in `process.argv`. */
  readonly args: readonly string[];
  readonly interface: Interface;
  /** Absolute path of the working directory. */
  readonly chdir: string;
  /** Absolute path of the config file that was read, whose hooks the worker runs; null without one. */
  readonly config: string | null;
  readonly workerClass: string;
  readonly threads: number;
  readonly threadEngine: (typeof THREAD_ENGINES)[number];
  readonly workerConnections: number;
  readonly maxRequests: number;
  readonly maxRequestsJitter: number;
  readonly maxAge: Seconds;
  readonly maxAgeJitter: Seconds;
  /** Bytes of the old space of V8's heap, of all threads together; 0 for Node's own choice. */
  readonly heapLimit: number;
  /** Bytes of resident memory; 0 for no bound. */
  readonly maxMemory: number;
  /** Absolute path of the folder for snapshots of the heap; null for none. */
  readonly heapSnapshot: string | null;
  readonly timeout: Seconds;
  readonly stallWarning: Seconds;
  /** A path that a new app must answer before it serves, or a function of the config file; null for none. Only of a worker on trial. */
  readonly healthCheck: `/${string}` | typeof OWN_HEALTH_CHECK | null;
  readonly bootTimeout: Seconds;
  readonly gracefulTimeout: Seconds;
  /** Over which the clients of WebSockets are told that a worker leaves. */
  readonly websocketDrain: Seconds;
  readonly keepalive: Seconds;
  readonly captureOutput: boolean;
  /** Where somebody can ask the arbiter what the workers have answered; null for nowhere. */
  readonly adminBind: Address | null;
  readonly procName: string;
  /** Of the first worker; null for all others. */
  readonly inspect: InspectorAddress | null;
  /** The same, and the app is not loaded before a debugger lets it. */
  readonly inspectBrk: InspectorAddress | null;
}

/** Settings that an arbiter, or a worker of threads, from before an update in place does not speak of: each one off, or as it is by default. */
const NEWER = {
  accessLogExclude: [],
  logFields: [],
  requestId: false,
  statsdHost: null,
  statsdPrefix: '',
  dogstatsdTags: [],
  adminBind: null,
  healthCheck: null,
  requestTimeout: 0,
  queueTimeout: 0,
  maxAge: 0,
  maxAgeJitter: 0,
  heapLimit: 0,
  maxMemory: 0,
  heapSnapshot: null,
  proxyProtocol: false,
  proxyAllowFrom: [],
  websocketDrain: 10,
  static: {},
  staticFallback: null,
  staticMaxAge: 0,
  staticImmutable: false,
  staticSymlinks: false,
  compress: false,
  compressEncodings: COMPRESS_CODINGS,
  compressMinimum: 1024,
  compressTypes: COMPRESS_TYPES,
  compressLevel: 0,
} as const satisfies Partial<WorkerConfig>;

export type SaidConfig = Omit<WorkerConfig, keyof typeof NEWER> & Partial<WorkerConfig>;

/** All settings, of those that were said. */
export const wholeConfig = (said: SaidConfig): WorkerConfig => ({ ...NEWER, ...said });
