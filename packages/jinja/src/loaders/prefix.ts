/** Loaders by the first part of a name: `admin/index.html` is `index.html` of the loader `admin`. */
import { TemplateNotFound } from '../errors.ts';
import type { Loader, TemplateSource } from './contract.ts';

export class PrefixLoader implements Loader {
  readonly #loaders: Readonly<Record<string, Loader>>;
  readonly #delimiter: string;

  constructor(loaders: Readonly<Record<string, Loader>>, delimiter = '/') {
    this.#loaders = loaders;
    this.#delimiter = delimiter;
  }

  load(name: string): TemplateSource | Promise<TemplateSource> {
    const end = name.indexOf(this.#delimiter);
    const prefix = name.slice(0, Math.max(0, end));
    const loader = end > 0 && Object.hasOwn(this.#loaders, prefix) ? this.#loaders[prefix] : undefined;
    if (!loader) throw new TemplateNotFound(name);
    const rename = (error: unknown): never => {
      throw error instanceof TemplateNotFound ? new TemplateNotFound(name) : error;
    };
    try {
      const found = loader.load(name.slice(end + this.#delimiter.length));
      return found instanceof Promise ? found.catch(rename) : found;
    } catch (error) {
      return rename(error);
    }
  }

  list(): readonly string[] {
    return Object.entries(this.#loaders)
      .flatMap(([prefix, loader]) => (loader.list?.() ?? []).map((name) => prefix + this.#delimiter + name))
      .sort();
  }
}
