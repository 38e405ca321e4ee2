/** Tells of changed source files below the working directory, and of the extra files that the setting names (`reload`). */

import { extname, relative, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import picomatch from 'picomatch';
import { MODULE_EXTENSIONS } from '../contract/app.ts';
import { reasonOf } from '../contract/errors.ts';
import type { Milliseconds } from '../contract/units.ts';

export interface WatchSettings {
  readonly chdir: string;
  readonly config: string | null;
  /** Globs, relative to `chdir`. */
  readonly reloadExtraFiles: readonly string[];
}

/** An editor or a checkout changes many files at once: one reload is enough. */
const SETTLE: Milliseconds = 200;

const UNWATCHED = new Set(['node_modules', '.git', 'coverage']);

interface WatchListener {
  onChange(file: string): void;
  /** The system watches no further files. */
  onFailure(why: string): void;
}

/** Returns a function that ends the watching. */
export function watchFiles(settings: WatchSettings, { onChange, onFailure }: WatchListener): () => Promise<void> {
  const { chdir, config, reloadExtraFiles } = settings;
  const isExtra = picomatch(reloadExtraFiles.map((glob) => resolve(chdir, glob)));
  const sources: ReadonlySet<string> = new Set([...MODULE_EXTENSIONS, '.json']);
  const isWatched = (file: string) => sources.has(extname(file)) || file === config || isExtra(file);
  const isUnwatched = (path: string) =>
    relative(chdir, path)
      .split('/')
      .some((part) => UNWATCHED.has(part));
  const outside = reloadExtraFiles.map((glob) => resolve(chdir, picomatch.scan(glob).base));
  const watcher: FSWatcher = watch([chdir, ...outside, ...(config === null ? [] : [config])], {
    ignoreInitial: true,
    ignored: (path) => isUnwatched(path) && !isExtra(path),
  });
  watcher.on('error', (error) => onFailure(reasonOf(error)));
  let settled: NodeJS.Timeout | undefined;
  watcher.on('all', (event, file) => {
    if (event === 'addDir' || event === 'unlinkDir' || !isWatched(file)) return;
    clearTimeout(settled);
    settled = setTimeout(() => onChange(relative(chdir, file)), SETTLE);
  });
  return async () => {
    clearTimeout(settled);
    await watcher.close();
  };
}
