/** Signatures over text. Mirrors itsdangerous's `Signer` and `TimestampSigner`, byte by byte. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** A key that signs: text counts as its UTF-8 bytes. */
export type SecretKey = string | Uint8Array;

/** How the signing key comes from the secret: Flask's sessions use `hmac`, itsdangerous itself `django-concat`. */
export type KeyDerivation = 'hmac' | 'django-concat' | 'concat' | 'none';

/** Why signed text was refused. Mirrors itsdangerous's exceptions. */
export type BadSignatureReason = 'signature' | 'timestamp' | 'expired' | 'payload';

/** Signed text that was not signed with our keys, is too old, or holds nothing readable. ItsDangerous's `BadSignature`. */
export class BadSignature extends Error {
  readonly reason: BadSignatureReason;

  constructor(reason: BadSignatureReason, message: string) {
    super(message);
    this.name = 'BadSignature';
    this.reason = reason;
  }
}

export interface SignerOptions {
  /** Separates signatures of different purposes; `itsdangerous.Signer` unless given. */
  readonly salt?: string;
  /** `django-concat` unless given. */
  readonly keyDerivation?: KeyDerivation;
  /** A name that `node:crypto` knows; `sha1` unless given. */
  readonly digest?: string;
  /** Seconds since 1970; the clock unless given. */
  readonly now?: () => number;
}

const SEPARATOR = '.';

/** Signs text together with the time of signing. */
export class TimestampSigner {
  /** Derived keys, oldest first; the last one signs. */
  readonly #keys: readonly Uint8Array[];
  readonly #digest: string;
  readonly #now: () => number;

  /** @param secrets one key or several, oldest first: all verify, the last one signs */
  constructor(secrets: SecretKey | readonly SecretKey[], options: SignerOptions = {}) {
    const {
      salt = 'itsdangerous.Signer',
      keyDerivation = 'django-concat',
      digest = 'sha1',
      now = systemSeconds,
    } = options;
    const list = typeof secrets === 'string' || secrets instanceof Uint8Array ? [secrets] : secrets;
    if (list.length === 0) throw new TypeError('A signer needs at least one secret key.');
    this.#keys = list.map((secret) => deriveKey(secret, salt, keyDerivation, digest));
    this.#digest = digest;
    this.#now = now;
  }

  /** `text.timestamp.signature` */
  sign(text: string): string {
    const stamped = `${text}${SEPARATOR}${encodeTimestamp(Math.floor(this.#now()))}`;
    const key = this.#keys.at(-1) ?? new Uint8Array();
    return `${stamped}${SEPARATOR}${this.#mac(key, stamped).toString('base64url')}`;
  }

  #mac(key: Uint8Array, text: string): Buffer {
    return createHmac(this.#digest, key).update(text).digest();
  }

  /**
   * The text that was signed.
   *
   * @param signed as {@link sign} or Python wrote it
   * @param maxAge seconds after which it is refused; a time in the future is refused too
   * @throws {BadSignature}
   */
  unsign(signed: string, maxAge?: number): string {
    const [stamped, signature] = splitLast(signed);
    if (stamped === undefined || !this.#verify(stamped, signature)) {
      throw new BadSignature('signature', 'The signature does not match.');
    }
    const [text, timestamp] = splitLast(stamped);
    const time = decodeTimestamp(timestamp);
    if (text === undefined || time === undefined)
      throw new BadSignature('timestamp', 'The timestamp is missing or malformed.');
    const age = Math.floor(this.#now()) - time;
    if (maxAge !== undefined && (age > maxAge || age < 0)) {
      throw new BadSignature('expired', `The signature's age is ${age} seconds, the limit is ${maxAge}.`);
    }
    return text;
  }

  /** Tries every key, newest first; each comparison takes the same time whatever the signature. */
  #verify(stamped: string, signature: string): boolean {
    if (!/^[A-Za-z0-9_-]+$/.test(signature)) return false;
    const given = Buffer.from(signature, 'base64url');
    return this.#keys.toReversed().some((key) => {
      const expected = this.#mac(key, stamped);
      return expected.length === given.length && timingSafeEqual(expected, given);
    });
  }
}

function systemSeconds(): number {
  return Date.now() / 1000;
}

function deriveKey(secret: SecretKey, salt: string, derivation: KeyDerivation, digest: string): Uint8Array {
  const key = Buffer.from(secret);
  switch (derivation) {
    case 'hmac':
      return createHmac(digest, key).update(salt).digest();
    case 'django-concat':
      return createHash(digest).update(`${salt}signer`).update(key).digest();
    case 'concat':
      return createHash(digest).update(salt).update(key).digest();
    case 'none':
      return key;
  }
}

/** Before and after the last separator; `undefined` and the whole when there is none. */
function splitLast(text: string): [before: string | undefined, after: string] {
  const index = text.lastIndexOf(SEPARATOR);
  return index < 0 ? [undefined, text] : [text.slice(0, index), text.slice(index + 1)];
}

/** Big-endian bytes without leading zeros, in base64url. */
function encodeTimestamp(seconds: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(seconds));
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0)).toString('base64url');
}

function decodeTimestamp(text: string): number | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length > 8 ? undefined : Number(BigInt(`0x0${bytes.toString('hex')}`));
}
