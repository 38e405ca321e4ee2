/**
 * The files of setting `static`, given before the app is asked. Whatever is no file of theirs is the app's: another method, a path that
 * is not plain, one where nothing lies.
 */
import { realpathSync, statSync } from 'node:fs';
import type { FetchExchange } from '@qilin/picoev';
import { explain, QilinError } from '../../contract/errors.ts';
import type { Log } from '../../contract/log.ts';
import type { StaticSettings } from '../../contract/worker-config.ts';
import { type AskedPath, askedPath, pathOfTarget } from './asked-path.ts';
import { FileStore } from './file-store.ts';
import { line } from './representation.ts';
import { sendFile } from './send-file.ts';
import type { StoredFile } from './stored-file.ts';

interface Mount {
  /** `/assets`; empty for all paths. */
  readonly prefix: string;
  readonly store: FileStore;
}

const INDEX = 'index.html';

export class StaticFiles {
  /** The longest prefix first. */
  readonly #mounts: readonly Mount[];
  readonly #fallback: string | undefined;
  readonly #log: Log;

  constructor(settings: StaticSettings, log: Log) {
    const mounts = Object.entries(settings.static).map(([prefix, folder]) => mountOf(prefix, folder, settings));
    this.#mounts = mounts.sort((one, other) => other.prefix.length - one.prefix.length);
    this.#fallback = settings.staticFallback ?? undefined;
    this.#log = log;
  }

  /** Whether there may be a file for it: to be asked first, where an exchange has to be made. */
  mayHave(method: string | undefined, target: string | undefined): boolean {
    if ((method !== 'GET' && method !== 'HEAD') || target === undefined) return false;
    const path = pathOfTarget(target);
    return path !== undefined && this.#mounts.some(({ prefix }) => path.startsWith(prefix));
  }

  /** Its answer, to be given at once, where it is a file's to answer. */
  find(exchange: FetchExchange): (() => void) | undefined {
    const { method, target } = exchange;
    const path = method === 'GET' || method === 'HEAD' ? pathOfTarget(target) : undefined;
    if (path === undefined) return undefined;
    for (const { prefix, store } of this.#mounts) {
      const asked = askedPath(path, prefix);
      if (asked !== undefined) return this.#findIn(store, asked, path, exchange);
    }
    return undefined;
  }

  close(): void {
    for (const { store } of this.#mounts) store.close();
  }

  #findIn(store: FileStore, asked: AskedPath, path: string, exchange: FetchExchange): (() => void) | undefined {
    const now = performance.now();
    const index = asked.path === '' ? INDEX : `${asked.path}/${INDEX}`;
    const file = store.find(asked.isFolder ? index : asked.path, now);
    // Relative links of its index want the folder's own name.
    if (file === undefined && !asked.isFolder && path !== '' && store.find(index, now) !== undefined)
      return () => redirect(exchange, path);
    const found = file ?? this.#fallbackOf(store, exchange, now);
    return found && (() => this.#send(found, exchange));
  }

  /** To whoever wants a page: a single-page app finds out by itself what is to be shown. */
  #fallbackOf(store: FileStore, exchange: FetchExchange, now: number): StoredFile | undefined {
    if (this.#fallback === undefined || exchange.header('accept')?.includes('text/html') !== true) return undefined;
    return store.find(this.#fallback, now);
  }

  #send(file: StoredFile, exchange: FetchExchange): void {
    const { target } = exchange;
    sendFile(exchange, file.formFor(exchange.header('accept-encoding')), (error) =>
      this.#log.error(`The answer to ${target} was cut: ${error instanceof Error ? error.message : explain(error)}`),
    );
  }
}

/** The path begins with one slash and holds no empty name: it is none of another host. */
function redirect(exchange: FetchExchange, path: string): void {
  const { target } = exchange;
  const query = target.indexOf('?');
  const location = `${path}/${query === -1 ? '' : target.slice(query)}`;
  exchange.respond(301, `${line('Location', location)}${line('Content-Type', 'text/plain')}`, 'Moved Permanently\n');
}

function mountOf(prefix: string, folder: string, settings: StaticSettings): Mount {
  const { staticSymlinks, staticMaxAge, staticImmutable } = settings;
  const root = { folder: realFolder(prefix, folder), followsLinks: staticSymlinks };
  const control = staticMaxAge === 0 ? 'no-cache' : `public, max-age=${staticMaxAge}`;
  const cacheControlOf = (name: string) => (staticImmutable && HASHED.test(name) ? FOR_EVER : control);
  return { prefix: prefix === '/' ? '' : prefix, store: new FileStore(root, cacheControlOf) };
}

/** A name that build tools make of a file's contents: `index-DiwrgTda.js`, `main.8f3a91c2.css`. */
const HASHED = /[.-](?=[^.]*[\dA-Z])[\w-]{8,}\.\w+$/;
/** A year is the most that makes sense: RFC 8246 says the rest. */
const FOR_EVER = 'public, max-age=31536000, immutable';

function realFolder(prefix: string, folder: string): string {
  try {
    const real = realpathSync.native(folder);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Told below.
  }
  throw new QilinError('SETTING_INVALID', `static ${prefix}=${folder}: there is no such folder, or it cannot be read.`);
}
