/**
 * A file with its encoded neighbours (`app.js`, `app.js.br`), all of them open. Invariant: it holds its files until it is dropped;
 * whoever sends one meanwhile holds that one too.
 */
import { basename } from 'node:path';
import { NEIGHBOURS, neighbourChoice } from './encodings.ts';
import { mediaTypeOf } from './media-types.ts';
import { markAt, OpenFile, type Root } from './open-file.ts';
import { Representation } from './representation.ts';

export class StoredFile {
  readonly #path: string;
  readonly #marks: readonly (string | undefined)[];
  readonly #plain: Representation;
  readonly #encoded: ReadonlyMap<string, Representation>;

  private constructor(
    path: string,
    marks: readonly (string | undefined)[],
    plain: Representation,
    encoded: ReadonlyMap<string, Representation>,
  ) {
    this.#path = path;
    this.#marks = marks;
    this.#plain = plain;
    this.#encoded = encoded;
  }

  /**
   * Undefined where there is no such file.
   *
   * @param cacheControlOf The value of Cache-Control for a file of that name.
   */
  static open(path: string, root: Root, cacheControlOf: (name: string) => string): StoredFile | undefined {
    // Before they are opened: what changes in between is found out at the next look.
    const mark = markAt(path);
    if (mark === undefined) return undefined;
    const marks = [mark, ...neighbourMarks(path)];
    const file = OpenFile.open(path, root);
    if (file === undefined) return undefined;
    const neighbours = NEIGHBOURS.flatMap(({ coding, ending }) => {
      const neighbour = OpenFile.open(`${path}${ending}`, root);
      if (neighbour !== undefined && neighbour.modifiedAt >= file.modifiedAt) return [{ coding, neighbour }];
      // An older one is of an older state of the file.
      neighbour?.release();
      return [];
    });
    const name = basename(path);
    const description = {
      contentType: mediaTypeOf(name),
      cacheControl: cacheControlOf(name),
      varies: neighbours.length > 0,
    };
    const encoded = neighbours.map(
      ({ coding, neighbour }) => [coding, new Representation(neighbour, coding, description)] as const,
    );
    return new StoredFile(path, marks, new Representation(file, undefined, description), new Map(encoded));
  }

  /** What is kept of it in memory, and how many descriptors it has. */
  get weight(): { readonly bytes: number; readonly descriptors: number } {
    let bytes = 0;
    let descriptors = 0;
    for (const { file } of this.#all()) {
      if (file.contents === undefined) descriptors += 1;
      else bytes += file.contents.length;
    }
    return { bytes, descriptors };
  }

  /** Whether its path still leads to this state of it, and of its neighbours. */
  get isCurrent(): boolean {
    const marks = [markAt(this.#path), ...neighbourMarks(this.#path)];
    return this.#marks.every((mark, index) => mark === marks[index]);
  }

  /** What a client that takes these encodings gets. */
  formFor(acceptEncoding: string | undefined): Representation {
    if (this.#encoded.size === 0) return this.#plain;
    for (const coding of neighbourChoice.wanted(acceptEncoding)) {
      const form = this.#encoded.get(coding);
      if (form !== undefined) return form;
    }
    return this.#plain;
  }

  drop(): void {
    for (const { file } of this.#all()) file.release();
  }

  #all(): Representation[] {
    return [this.#plain, ...this.#encoded.values()];
  }
}

const neighbourMarks = (path: string): (string | undefined)[] =>
  NEIGHBOURS.map(({ ending }) => markAt(`${path}${ending}`));
