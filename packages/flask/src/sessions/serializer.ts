/** Signed, dated, URL-safe text that holds a value. Mirrors itsdangerous's `URLSafeTimedSerializer`. */
import { deflateSync, inflateSync } from 'node:zlib';
import { reasonOf } from '../base/thrown.ts';
import { BadSignature, type SecretKey, type SignerOptions, TimestampSigner } from './signer.ts';

/** Writes a value as text and reads it again; `JSON` itself fits by name, see {@link UrlSafeTimedSerializer}. */
export interface TextSerializer {
  dumps(value: unknown): string;
  loads(text: string): unknown;
}

const COMPACT_JSON: TextSerializer = {
  dumps: (value) => JSON.stringify(value),
  loads: (text) => JSON.parse(text),
};

/** A payload never inflates to more than this many bytes. Cookies and URLs hold a few thousand at most. */
const MAX_INFLATED = 1024 * 1024;

/** Arguments of ItsDangerous's `URLSafeTimedSerializer`. */
export interface SerializerOptions extends SignerOptions {
  /** What the value becomes; compact JSON unless given. */
  readonly serializer?: TextSerializer;
}

/**
 * Signs values for places that the user can see but not change: cookies, links in mails. What Python's
 * `URLSafeTimedSerializer` wrote with the same keys, salt and options is read, and the other way round.
 *
 * @example
 * const tokens = new UrlSafeTimedSerializer(app.config.SECRET_KEY, { salt: 'reset-password' });
 * const user = tokens.loads(token, { maxAge: 3600 });
 */
export class UrlSafeTimedSerializer {
  readonly #signer: TimestampSigner;
  readonly #serializer: TextSerializer;

  /**
   * @param secrets one key or several, oldest first
   * @param options `salt` is `itsdangerous` unless given
   */
  constructor(secrets: SecretKey | readonly SecretKey[], options: SerializerOptions = {}) {
    const { serializer = COMPACT_JSON, ...signerOptions } = options;
    this.#serializer = serializer;
    this.#signer = new TimestampSigner(secrets, { salt: 'itsdangerous', ...signerOptions });
  }

  /** Signs a value; it is deflated where that makes it shorter. */
  dumps(value: unknown): string {
    const plain = Buffer.from(this.#serializer.dumps(value));
    const deflated = deflateSync(plain);
    const shorter = deflated.length < plain.length - 1;
    return this.#signer.sign(shorter ? `.${deflated.toString('base64url')}` : plain.toString('base64url'));
  }

  /**
   * The value that was signed. Nothing of the payload is looked at before the signature is found good.
   *
   * @param options `maxAge`: seconds since it was signed
   * @throws {BadSignature} whatever is wrong with it
   */
  loads(signed: string, { maxAge }: { readonly maxAge?: number } = {}): unknown {
    const payload = this.#signer.unsign(signed, maxAge);
    try {
      return this.#serializer.loads(decodePayload(payload));
    } catch (error) {
      throw new BadSignature('payload', `The payload cannot be read: ${reasonOf(error)}`);
    }
  }
}

function decodePayload(payload: string): string {
  const isDeflated = payload.startsWith('.');
  const encoded = isDeflated ? payload.slice(1) : payload;
  if (!/^[A-Za-z0-9_-]*$/.test(encoded)) throw new TypeError('it is not base64');
  const bytes = Buffer.from(encoded, 'base64url');
  const plain = isDeflated ? inflateSync(bytes, { maxOutputLength: MAX_INFLATED }) : bytes;
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain);
}
