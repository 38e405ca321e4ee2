/** Finds templates by name in the app's and the blueprints' folders. Mirrors Flask's `DispatchingJinjaLoader`. */
import { readFileSync } from 'node:fs';
import { posix, relative, resolve, sep } from 'node:path';
import nunjucks from 'nunjucks';
import { safeJoin } from '../files/safe-join.ts';

/** No folder has a template of this name. Mirrors Jinja's `TemplateNotFound` and `TemplatesNotFound`. */
export class TemplateNotFound extends Error {
  override readonly name = 'TemplateNotFound';
  /** The names that were tried. */
  readonly templates: readonly string[];

  constructor(templates: readonly string[], folders: readonly string[]) {
    const names = templates.map((name) => JSON.stringify(name)).join(', ');
    super(
      `There is no template ${names || '(none was named)'} in ${folders.join(', ') || 'any folder: none is there'}.`,
    );
    this.templates = templates;
  }
}

/** A template's text as Jinja takes it: LF line breaks, and without the last one, so that output does not end in it. */
export function normalizeSource(source: string): string {
  return source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
}

/** Looks through folders in order; a name never leads out of them. */
export class FolderLoader extends nunjucks.Loader {
  readonly #folders: () => readonly string[];
  readonly #reload: () => boolean;

  /** @param reload whether a template is read anew; asked each time */
  constructor(folders: () => readonly string[], reload: () => boolean) {
    super();
    this.#folders = folders;
    this.#reload = reload;
  }

  /** The name of a template beside another, `./other.html`: Nunjucks names the other by its path. */
  override resolve(from: string, to: string): string {
    const folder = this.#folders().find((candidate) => from.startsWith(`${resolve(candidate)}${sep}`));
    return posix.join(posix.dirname(folder === undefined ? from : relative(folder, from)), to);
  }

  /** `null`, which Nunjucks takes for "not found", is missing in its types. */
  getSource(name: string): nunjucks.LoaderSource {
    const source = this.#find(name);
    return source as nunjucks.LoaderSource;
  }

  #find(name: string): nunjucks.LoaderSource | null {
    for (const folder of this.#folders()) {
      const path = safeJoin(folder, name);
      const source = path === undefined ? undefined : readIfThere(resolve(path));
      if (path !== undefined && source !== undefined) {
        return { src: normalizeSource(source), path: resolve(path), noCache: this.#reload() };
      }
    }
    return null;
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
