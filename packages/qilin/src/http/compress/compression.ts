/**
 * Setting `compress`: which answers are encoded, and by what. RFC 9110, section 12.5.3 (who takes what), section 8.4 (what it is
 * called); RFC 9111, section 5.2.2.6 (`no-transform`).
 */
import type { Log } from '../../contract/log.ts';
import type { CompressCoding, CompressSettings } from '../../contract/worker-config.ts';
import { CodingChoice } from '../content-coding.ts';
import { type Coder, coderOf } from './coders.ts';

/** Of an answer's header fields; undefined for one that it does not have. */
export type HeaderOf = (name: ReadHeader) => string | undefined;

/** Those that are asked for. */
export type ReadHeader = 'content-type' | 'content-encoding' | 'content-range' | 'cache-control' | 'etag' | 'vary';

export interface ChosenCoding {
  readonly name: CompressCoding;
  readonly coder: Coder;
}

/** Bodies up to this size, in bytes, are encoded at once: to have that done by a thread costs more than to do it. */
export const AT_ONCE = 32 * 1024;

export class Compression {
  readonly #minimum: number;
  readonly #isType: (type: string) => boolean;
  readonly #coders: ReadonlyMap<CompressCoding, Coder>;
  readonly #choice: CodingChoice<CompressCoding>;

  private constructor(
    { compressMinimum, compressTypes }: CompressSettings,
    coders: ReadonlyMap<CompressCoding, Coder>,
  ) {
    this.#minimum = compressMinimum;
    this.#isType = typeTest(compressTypes);
    this.#coders = coders;
    this.#choice = new CodingChoice([...coders.keys()]);
  }

  /** Undefined where nothing is to be encoded. */
  static of(settings: CompressSettings, log: Log): Compression | undefined {
    if (!settings.compress) return undefined;
    const coders = new Map<CompressCoding, Coder>();
    for (const coding of settings.compressEncodings) {
      const coder = coderOf(coding, settings.compressLevel);
      if (coder !== undefined) coders.set(coding, coder);
      else
        log.info(
          `compressEncodings: Node ${process.versions.node} has no ${coding} (it came with 22.15); it is not offered.`,
        );
    }
    return coders.size === 0 ? undefined : new Compression(settings, coders);
  }

  /**
   * Whether an answer is one that clients may get encoded, so that it has to say Vary.
   *
   * @param length Of its body; undefined where nobody knows it yet.
   */
  isFor(status: number, length: number | undefined, header: HeaderOf): boolean {
    if (status < 200 || BODILESS.has(status)) return false;
    if (length !== undefined && (length === 0 || length < this.#minimum)) return false;
    const type = header('content-type');
    if (type === undefined || !this.#isType(type)) return false;
    if (header('content-encoding') !== undefined || header('content-range') !== undefined) return false;
    return header('cache-control')?.includes('no-transform') !== true;
  }

  /** What such an answer is to be encoded by, for a client that takes these; undefined where it stays as it is. */
  chooseFor(acceptEncoding: string | undefined): ChosenCoding | undefined {
    const [name] = this.#choice.wanted(acceptEncoding);
    const coder = name && this.#coders.get(name);
    return coder && { name, coder };
  }
}

/** A part of a body (206) is a part of the body as it is; 304 tells of another answer. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 206, 304]);

/** Of what comes after `;` nothing depends. */
function typeTest(patterns: readonly string[]): (type: string) => boolean {
  const texts = patterns.map((pattern) => pattern.replace(/[.+]/g, '\\$&').replaceAll('*', '[^/;\\s]*'));
  const regex = new RegExp(`^(?:${texts.join('|')})\\s*(?:;|$)`, 'i');
  return (type) => regex.test(type);
}

/** Which answer a client gets depends on this field of its request. */
const ON_ENCODING = 'Accept-Encoding';

export function varyWith(vary: string | undefined): string {
  if (vary === undefined || vary === '') return ON_ENCODING;
  return /(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(vary) ? vary : `${vary}, ${ON_ENCODING}`;
}

/** The encoded body is another one: only a weak tag may be the same for both (section 8.8.3.3). */
export const weakTag = (etag: string): string => (etag.startsWith('W/') ? etag : `W/${etag}`);
