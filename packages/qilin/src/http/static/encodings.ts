/** Which encoded form of a file a client wants: RFC 9110, section 12.5.3. Pure. */
import { Remembered } from '@qilin/picoev';

/** A coding that may lie beside a file, and the ending of its name then. The first is the best of those that a client likes alike. */
export const NEIGHBOURS = [
  { coding: 'br', ending: '.br' },
  { coding: 'zstd', ending: '.zst' },
  { coding: 'gzip', ending: '.gz' },
] as const;

export type Neighbour = (typeof NEIGHBOURS)[number];

/**
 * Those that the client takes and likes no less than the file as it is, the best first. The file as it is always comes behind them: a
 * client that refuses it, and for which there is no other, gets it all the same rather than nothing.
 */
export function wantedNeighbours(acceptEncoding: string | undefined): readonly Neighbour[] {
  if (acceptEncoding === undefined || acceptEncoding === '') return [];
  const known = remembered.get(acceptEncoding);
  if (known !== undefined) return known;
  const wanted = weighed(acceptEncoding);
  remembered.set(acceptEncoding, wanted);
  return wanted;
}

/** Browsers send the same few texts with every request. */
const remembered = new Remembered<readonly Neighbour[]>(64);

function weighed(acceptEncoding: string): readonly Neighbour[] {
  const weights = new Map(acceptEncoding.split(',').map(weightOf));
  const weight = (coding: string) => weights.get(coding) ?? weights.get('*');
  // Not named, it is as good as any other (section 12.5.3, rule 2).
  const asItIs = weights.get('identity') ?? 0;
  return NEIGHBOURS.map((neighbour) => ({ neighbour, q: weight(neighbour.coding) ?? 0 }))
    .filter(({ q }) => q > 0 && q >= asItIs)
    .sort((one, other) => other.q - one.q)
    .map(({ neighbour }) => neighbour);
}

function weightOf(text: string): readonly [string, number] {
  const [coding = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const weight = q === undefined ? 1 : Number(q);
  return [coding, weight >= 0 && weight <= 1 ? weight : 0];
}
