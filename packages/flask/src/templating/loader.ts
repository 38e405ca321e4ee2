/** Finds templates by name in the app's and the blueprints' folders. Mirrors Flask's `DispatchingJinjaLoader`. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TemplateNotFound as JinjaTemplateNotFound, type Loader, type TemplateSource } from '@qilin/jinja';
import { safeJoin } from '../files/safe-join.ts';

/** No folder has a template of this name. Mirrors Jinja's `TemplateNotFound` and `TemplatesNotFound`. */
export class TemplateNotFound extends JinjaTemplateNotFound {
  /** The names that were tried. */
  readonly templates: readonly string[];

  constructor(templates: readonly string[], folders: readonly string[]) {
    const names = templates.map((name) => JSON.stringify(name)).join(', ');
    super(
      templates.at(-1) ?? '',
      `There is no template ${names || '(none was named)'} in ${folders.join(', ') || 'any folder: none is there'}.`,
    );
    this.templates = templates;
  }
}

/** Where a template is looked for, and whether there. */
export interface Attempt {
  readonly folder: string;
  readonly isFound: boolean;
}

/** Looks through folders in order; a name never leads out of them. */
export class FolderLoader implements Loader {
  readonly #folders: () => readonly string[];
  readonly #reload: () => boolean;
  readonly #explain: (name: string, attempts: readonly Attempt[]) => void;

  /**
   * @param reload whether a template is read anew; asked each time
   * @param explain is told where each template was looked for
   */
  constructor(
    folders: () => readonly string[],
    reload: () => boolean,
    explain: (name: string, attempts: readonly Attempt[]) => void,
  ) {
    this.#folders = folders;
    this.#reload = reload;
    this.#explain = explain;
  }

  load(name: string): TemplateSource {
    const attempts: Attempt[] = [];
    const found = this.#find(name, attempts);
    this.#explain(name, attempts);
    if (!found) throw new TemplateNotFound([name], this.#folders());
    return { ...found, isUpToDate: () => !this.#reload() || this.#isSame(name, found) };
  }

  #isSame(name: string, found: TemplateSource): boolean {
    const now = this.#find(name);
    return now?.filename === found.filename && now?.source === found.source;
  }

  #find(name: string, attempts: Attempt[] = []): { readonly source: string; readonly filename: string } | undefined {
    for (const folder of this.#folders()) {
      const path = safeJoin(folder, name);
      const source = path === undefined ? undefined : readIfThere(resolve(path));
      attempts.push({ folder, isFound: source !== undefined });
      if (path !== undefined && source !== undefined) return { source, filename: resolve(path) };
    }
    return undefined;
  }
}

const NOT_THERE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (NOT_THERE.has(String(Object(error).code))) return undefined;
    throw error;
  }
}
