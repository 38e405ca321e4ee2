/** The first of several loaders that knows a name. */
import { TemplateNotFound } from '../errors.ts';
import type { Loader, TemplateSource } from './contract.ts';

export class ChoiceLoader implements Loader {
  readonly #loaders: readonly Loader[];

  constructor(loaders: readonly Loader[]) {
    this.#loaders = loaders;
  }

  load(name: string): TemplateSource | Promise<TemplateSource> {
    return this.#from(0, name);
  }

  #from(index: number, name: string): TemplateSource | Promise<TemplateSource> {
    const loader = this.#loaders[index];
    if (!loader) throw new TemplateNotFound(name);
    const next = (error: unknown) => {
      if (error instanceof TemplateNotFound) return this.#from(index + 1, name);
      throw error;
    };
    try {
      const found = loader.load(name);
      return found instanceof Promise ? found.catch(next) : found;
    } catch (error) {
      return next(error);
    }
  }

  list(): readonly string[] {
    return [...new Set(this.#loaders.flatMap((loader) => loader.list?.() ?? []))].sort();
  }
}
