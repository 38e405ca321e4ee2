/** The kinds of settings that say what is encoded, and how. */
import { COMPRESS_CODINGS, type CompressCoding } from '../contract/worker-config.ts';
import { bad, good, type Kind } from './kinds.ts';
import { list } from './list-kinds.ts';

/** Content codings, the one that is liked best first. */
export function codings(): Kind<readonly CompressCoding[], string | readonly string[]> {
  return list({
    expected: `codings among ${COMPRESS_CODINGS.join(', ')}`,
    placeholder: 'CODING,...',
    separator: ',',
    min: 1,
    read: (text) => {
      const coding = COMPRESS_CODINGS.find((each) => each === text);
      return coding === undefined ? bad(text) : good(coding);
    },
    write: (coding) => coding,
  });
}

/** RFC 9110, section 8.3.1, and `*` in it for any name. */
const MEDIA_TYPE = /^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+$/;

export function mediaTypes(): Kind<readonly string[], string | readonly string[]> {
  return list({
    expected: 'media types such as text/* or application/json',
    placeholder: 'TYPE,...',
    separator: ',',
    min: 1,
    read: (text) => (MEDIA_TYPE.test(text) ? good(text.toLowerCase()) : bad(text)),
    write: (text) => text,
  });
}
