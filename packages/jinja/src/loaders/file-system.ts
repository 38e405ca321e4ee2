/** Templates in folders: the first folder that has the file gives it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { TemplateNotFound } from '../errors.ts';
import type { Loader, TemplateSource } from './contract.ts';

export class FileSystemLoader implements Loader {
  readonly #folders: readonly string[];

  constructor(folders: string | readonly string[]) {
    this.#folders = typeof folders === 'string' ? [folders] : folders;
  }

  load(name: string): TemplateSource {
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.some(isUnsafe)) throw new TemplateNotFound(name);
    for (const folder of this.#folders) {
      const filename = join(folder, ...parts);
      const time = changedAt(filename);
      if (time === undefined) continue;
      return { source: readFileSync(filename, 'utf8'), filename, isUpToDate: () => changedAt(filename) === time };
    }
    throw new TemplateNotFound(
      name,
      `'${name}' not found in search path: ${this.#folders.map((f) => `'${f}'`).join(', ')}`,
    );
  }

  list(): readonly string[] {
    return [...new Set(this.#folders.flatMap(filesBelow))].sort();
  }
}

/** No way out of the folder. */
const isUnsafe = (part: string): boolean =>
  part === '..' || part.includes(sep) || part.includes('\0') || (sep === '\\' && part.includes('/'));

function changedAt(filename: string): number | undefined {
  const stat = statSync(filename, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.mtimeMs : undefined;
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(folder, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/'),
    );
