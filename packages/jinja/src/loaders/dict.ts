/** Templates out of an object: `new DictLoader({ 'index.html': '…' })`. */
import { TemplateNotFound } from '../errors.ts';
import type { Loader, TemplateSource } from './contract.ts';

export class DictLoader implements Loader {
  readonly #templates: Readonly<Record<string, string>>;

  constructor(templates: Readonly<Record<string, string>>) {
    this.#templates = templates;
  }

  load(name: string): TemplateSource {
    const source = Object.hasOwn(this.#templates, name) ? this.#templates[name] : undefined;
    if (source === undefined) throw new TemplateNotFound(name);
    return { source, isUpToDate: () => this.#templates[name] === source };
  }

  list(): readonly string[] {
    return Object.keys(this.#templates).sort();
  }
}
