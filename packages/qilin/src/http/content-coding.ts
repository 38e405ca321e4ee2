/** Which coding of a body a client wants: RFC 9110, section 12.5.3. Pure. */
import { Remembered } from '@qilin/picoev';

/** Browsers send the same few texts with every request. */
const MOST_REMEMBERED = 64;

export class CodingChoice<Coding extends string> {
  readonly #offered: readonly Coding[];
  readonly #remembered = new Remembered<readonly Coding[]>(MOST_REMEMBERED);

  /** @param offered The first is the best of those that a client likes alike. */
  constructor(offered: readonly Coding[]) {
    this.#offered = offered;
  }

  /**
   * Those that the client takes and likes no less than the body as it is, the best first. The body as it is always comes behind them: a
   * client that refuses it, and for which there is no other, gets it all the same rather than nothing.
   */
  wanted(acceptEncoding: string | undefined): readonly Coding[] {
    if (acceptEncoding === undefined || acceptEncoding === '') return [];
    const known = this.#remembered.get(acceptEncoding);
    if (known !== undefined) return known;
    const wanted = this.#weigh(acceptEncoding);
    this.#remembered.set(acceptEncoding, wanted);
    return wanted;
  }

  #weigh(acceptEncoding: string): readonly Coding[] {
    const weights = new Map(acceptEncoding.split(',').map(weightOf));
    // Not named, it is as good as any other (section 12.5.3, rule 2).
    const asItIs = weights.get('identity') ?? 0;
    return this.#offered
      .map((coding) => ({ coding, q: weights.get(coding) ?? weights.get('*') ?? 0 }))
      .filter(({ q }) => q > 0 && q >= asItIs)
      .sort((one, other) => other.q - one.q)
      .map(({ coding }) => coding);
  }
}

function weightOf(text: string): readonly [string, number] {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const weight = q === undefined ? 1 : Number(q);
  // RFC 9110, section 8.4.1.3: the old name is the same.
  return [name === 'x-gzip' ? 'gzip' : name, weight >= 0 && weight <= 1 ? weight : 0];
}
