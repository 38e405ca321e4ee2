/** Templates that a function finds: it gives a source, a text, or null. */
import { TemplateNotFound } from '../errors.ts';
import type { Loader, TemplateSource } from './contract.ts';

type Found = TemplateSource | string | null;

export class FunctionLoader implements Loader {
  readonly #find: (name: string) => Found | Promise<Found>;

  constructor(find: (name: string) => Found | Promise<Found>) {
    this.#find = find;
  }

  load(name: string): TemplateSource | Promise<TemplateSource> {
    const found = this.#find(name);
    return found instanceof Promise ? found.then((source) => sourceOf(name, source)) : sourceOf(name, found);
  }
}

function sourceOf(name: string, found: Found): TemplateSource {
  if (found === null) throw new TemplateNotFound(name);
  return typeof found === 'string' ? { source: found } : found;
}
