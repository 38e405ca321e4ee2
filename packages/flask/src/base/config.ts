/** The app's settings, by Flask's names. Flask's `Config`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { unsafeIntegerIn } from './integers.ts';

/** Flask's own settings. Declare yours by merging into this interface. */
export interface ConfigValues {
  /** Whether the app shows errors in full and reloads its templates. Set it by `app.run({ debug: true })` or `flask --debug`. */
  DEBUG: boolean;
  /** Errors of views go to the caller, the test. */
  TESTING: boolean;
  /** Errors of views go to the server; null: when TESTING or DEBUG. */
  PROPAGATE_EXCEPTIONS: boolean | null;
  /** Shows a missing key as an error instead of a 400; null: when DEBUG. */
  TRAP_BAD_REQUEST_ERRORS: boolean | null;
  /** HTTP exceptions are errors like others. */
  TRAP_HTTP_EXCEPTIONS: boolean;
  /** Signs sessions. Long and random; without it there are none. */
  SECRET_KEY: string | Uint8Array | null;
  /** Earlier keys, newest first: what they signed is still read. */
  SECRET_KEY_FALLBACKS: readonly (string | Uint8Array)[] | null;
  SESSION_COOKIE_NAME: string;
  SESSION_COOKIE_DOMAIN: string | null;
  /** null: APPLICATION_ROOT. */
  SESSION_COOKIE_PATH: string | null;
  SESSION_COOKIE_HTTPONLY: boolean;
  SESSION_COOKIE_SECURE: boolean;
  SESSION_COOKIE_SAMESITE: 'Strict' | 'Lax' | 'None' | null;
  /** Keeps the cookie apart for each site that embeds this one (CHIPS); it is secure then. */
  SESSION_COOKIE_PARTITIONED: boolean;
  /** Seconds that a session with `permanent = true` lives. */
  PERMANENT_SESSION_LIFETIME: number;
  /** A permanent session's cookie is sent with each response, so that it lives from the last request on. */
  SESSION_REFRESH_EACH_REQUEST: boolean;
  /** Bytes of a request's body at most; more is a 413. null: no limit. */
  MAX_CONTENT_LENGTH: number | null;
  /** Bytes of a form's fields that are no files, at most; more is a 413. null: no limit. */
  MAX_FORM_MEMORY_SIZE: number | null;
  /** Fields and files of a form, at most; more is a 413. null: no limit. */
  MAX_FORM_PARTS: number | null;
  /** Seconds for which `sendFile` lets clients keep a file; null: they ask each time. */
  SEND_FILE_MAX_AGE_DEFAULT: number | null;
  /** Hosts that requests may name, `.example.org` with all below it; to others the answer is 400. null: any. */
  TRUSTED_HOSTS: readonly string[] | null;
  /** Host and port of URLs that are built, and with `subdomainMatching` where the app's domain ends. Requests to any host are answered. */
  SERVER_NAME: string | null;
  /** Path of the app in URLs outside of a request, and of the session's cookie. */
  APPLICATION_ROOT: string;
  /** Scheme of URLs outside of a request. */
  PREFERRED_URL_SCHEME: string;
  /** Reads templates anew when they change; null: when DEBUG. */
  TEMPLATES_AUTO_RELOAD: boolean | null;
  /** A warning is logged for a cookie of more bytes: browsers drop it. 0: never. */
  MAX_COOKIE_SIZE: number;
  /** OPTIONS is answered by itself for rules that do not say otherwise. */
  PROVIDE_AUTOMATIC_OPTIONS: boolean;
}

const DEFAULTS: ConfigValues = {
  DEBUG: false,
  TESTING: false,
  PROPAGATE_EXCEPTIONS: null,
  TRAP_BAD_REQUEST_ERRORS: null,
  TRAP_HTTP_EXCEPTIONS: false,
  SECRET_KEY: null,
  SECRET_KEY_FALLBACKS: null,
  SESSION_COOKIE_NAME: 'session',
  SESSION_COOKIE_DOMAIN: null,
  SESSION_COOKIE_PATH: null,
  SESSION_COOKIE_HTTPONLY: true,
  SESSION_COOKIE_SECURE: false,
  SESSION_COOKIE_SAMESITE: null,
  SESSION_COOKIE_PARTITIONED: false,
  PERMANENT_SESSION_LIFETIME: 31 * 24 * 60 * 60,
  SESSION_REFRESH_EACH_REQUEST: true,
  MAX_CONTENT_LENGTH: null,
  MAX_FORM_MEMORY_SIZE: 500_000,
  MAX_FORM_PARTS: 1000,
  SEND_FILE_MAX_AGE_DEFAULT: null,
  TRUSTED_HOSTS: null,
  SERVER_NAME: null,
  APPLICATION_ROOT: '/',
  PREFERRED_URL_SCHEME: 'http',
  TEMPLATES_AUTO_RELOAD: null,
  MAX_COOKIE_SIZE: 4093,
  PROVIDE_AUTOMATIC_OPTIONS: true,
};

/** Values of a config, its own among those of the app: `app.config.SECRET_KEY`, `app.config['MY_KEY']`. Flask's `Config`. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: its members are those of ConfigValues
export class Config {
  readonly #rootPath: string;

  /** @param rootPath folder that file names are relative to */
  constructor(rootPath: string) {
    this.#rootPath = rootPath;
    Object.assign(this, DEFAULTS);
  }

  /** A setting, or the fallback where there is none. Python's `config.get`. */
  get<N extends string>(name: N): Config[N] | undefined;
  get<N extends string, D>(name: N, fallback: D): Exclude<Config[N], undefined> | D;
  get(name: string, fallback?: unknown): unknown {
    return this.has(name) ? this[name] : fallback;
  }

  /** Whether there is a setting, null too. Python's `in`. */
  has(name: string): boolean {
    return Object.hasOwn(this, name);
  }

  /** A setting; where there is none it gets the fallback first: what an extension does. Python's `config.setdefault`. */
  setdefault<N extends string>(name: N, fallback: Config[N]): Config[N];
  setdefault(name: string, fallback: unknown): unknown {
    if (!this.has(name)) Reflect.set(this, name, fallback);
    return this[name];
  }

  /** The names of all settings. */
  keys(): IterableIterator<string> {
    return Object.keys(this).values();
  }

  /** All settings with their names. Python's `config.items()`. */
  entries(): IterableIterator<[string, unknown]> {
    return Object.entries(this).values();
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries();
  }

  /** How many there are. */
  get size(): number {
    return Object.keys(this).length;
  }

  /** Sets all that an object has in upper case: of a module, `import * as settings`, or a class with static members. */
  fromObject(object: object): this {
    const names = new Set<string>();
    for (let level: object | null = object; level !== null; level = Object.getPrototypeOf(level)) {
      for (const name of Object.getOwnPropertyNames(level)) names.add(name);
    }
    for (const name of names) if (isSetting(name)) Reflect.set(this, name, Reflect.get(object, name));
    return this;
  }

  /** Sets all that a mapping has in upper case. */
  fromMapping(mapping: Readonly<Record<string, unknown>>): this {
    for (const [name, value] of Object.entries(mapping)) if (isSetting(name)) Reflect.set(this, name, value);
    return this;
  }

  /**
   * Sets what a file holds.
   * @param file relative to the app's folder
   * @param options.load reads the text; JSON by default, where an integer beyond 2^53 is an error: `parseWithBigints` makes a
   *   bigint of it @param options.silent no error when there is no such file
   * @returns whether the file was there
   * @throws the file system's error, the loader's error
   */
  fromFile(
    file: string,
    options: { readonly load?: (text: string) => unknown; readonly silent?: boolean } = {},
  ): boolean {
    const path = resolve(this.#rootPath, file);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const isMissing =
        error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR');
      if (options.silent && isMissing) return false;
      throw error;
    }
    const loaded = (options.load ?? loadExactly)(text);
    if (typeof loaded !== 'object' || loaded === null) {
      throw new TypeError(`${path} must hold an object of settings (it holds ${JSON.stringify(loaded)}).`);
    }
    this.fromObject(loaded);
    return true;
  }

  /**
   * Sets what the environment holds behind a prefix: `FLASK_SECRET_KEY`. A value that is JSON is taken as that, any other as
   * a text, as is an integer beyond 2^53 unless `load` is `parseWithBigints`. `FLASK_DATABASE__PORT` is the member PORT of DATABASE.
   * @param environment `process.env` by default
   */
  fromPrefixedEnv(
    prefix = 'FLASK',
    options: {
      readonly load?: (text: string) => unknown;
      readonly environment?: Readonly<Record<string, string | undefined>>;
    } = {},
  ): this {
    const { load = loadExactly, environment = process.env } = options;
    const start = `${prefix}_`;
    for (const name of Object.keys(environment).toSorted()) {
      const text = environment[name];
      if (!name.startsWith(start) || text === undefined) continue;
      setAtPath(this, name.slice(start.length).split('__'), loadOr(text, load));
    }
    return this;
  }

  /** All settings whose name begins with `namespace`, without it: `getNamespace('IMAGE_STORE_')`. */
  getNamespace(
    namespace: string,
    options: { readonly lowercase?: boolean; readonly trimNamespace?: boolean } = {},
  ): Record<string, unknown> {
    const { lowercase = true, trimNamespace = true } = options;
    const found: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(this)) {
      if (!name.startsWith(namespace)) continue;
      const key = trimNamespace ? name.slice(namespace.length) : name;
      found[lowercase ? key.toLowerCase() : key] = value;
    }
    return found;
  }
}

export interface Config extends ConfigValues {
  [name: string]: unknown;
}

const isSetting = (name: string): boolean => name === name.toUpperCase() && /^[A-Z]/.test(name);

/** @throws RangeError for an integer that a number would round: in the environment it stays a text */
function loadExactly(text: string): unknown {
  const unsafe = unsafeIntegerIn(text);
  if (unsafe !== undefined)
    throw new RangeError(`${unsafe} is beyond 2^53: write it as a string, or read it by { load: parseWithBigints }.`);
  return JSON.parse(text);
}

function loadOr(text: string, load: (text: string) => unknown): unknown {
  try {
    return load(text);
  } catch {
    return text;
  }
}

function setAtPath(target: object, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    Reflect.set(target, name, value);
    return;
  }
  const own: unknown = Object.hasOwn(target, name) ? Reflect.get(target, name) : undefined;
  const inner = typeof own === 'object' && own !== null ? own : {};
  Reflect.set(target, name, inner);
  setAtPath(inner, rest, value);
}
