/** Random valid requests, and the bytes that a client would send for them. */
import fc from 'fast-check';
import type { Facts } from './corpus.ts';

export interface RandomRequest {
  readonly facts: Facts;
  /** A character for each byte. */
  readonly bytes: string;
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'];
const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PATH = "-._~!$&'()*+,;=:@/?0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Names that say how to read the message; what they say is not random. */
const FRAMING =
  /^(?:host|content-length|transfer-encoding|connection|proxy-connection|upgrade|expect|trailer|keep-alive|x-forwarded-.*)$/i;

const text = (characters: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const fieldByte = byte.filter((character) => /[\t\x20-\x7e\x80-\xff]/.test(character));

const name = text(TOKEN, 1, 20).filter((word) => !FRAMING.test(word));
/** White space around a value is no part of it. */
const value = fc.string({ unit: fieldByte, maxLength: 40 }).map((word) => word.replace(/^[ \t]+|[ \t]+$/g, ''));
const space = text(' \t', 0, 3);
const fields = fc.array(fc.record({ name, value, before: space, after: space }), { maxLength: 8 });

const target = fc.oneof(
  { weight: 5, arbitrary: text(PATH, 0, 30).map((path) => `/${path}`) },
  { weight: 1, arbitrary: text(PATH, 0, 20).map((path) => `http://test/${path}`) },
);

const pieces = fc.array(fc.string({ unit: byte, minLength: 1, maxLength: 60 }), { maxLength: 5 });
const framing = fc.constantFrom('none', 'length', 'chunked');
const chunkStyle = fc.record({
  zeros: fc.integer({ min: 0, max: 3 }),
  capitals: fc.boolean(),
  extension: fc.constantFrom('', ';name', ';name=value', ';name="a;b"'),
  trailer: fc.constantFrom('', 'X-Sum: 1\r\n'),
});

export const randomRequest: fc.Arbitrary<RandomRequest> = fc
  .record({ method: fc.constantFrom(...METHODS), target, fields, pieces, framing, chunkStyle })
  .map((parts) => {
    const body = parts.framing === 'none' ? '' : parts.pieces.join('');
    const how = {
      none: [],
      length: [['Content-Length', String(body.length)]],
      chunked: [['Transfer-Encoding', 'chunked']],
    }[parts.framing];
    const lines = [['Host', 'test'], ...how].map(([key, word]) => `${key}: ${word}\r\n`);
    const others = parts.fields.map((field) => `${field.name}:${field.before}${field.value}${field.after}\r\n`);
    const sentBody = parts.framing === 'chunked' ? inChunks(parts.pieces, parts.chunkStyle) : body;
    return {
      bytes: `${parts.method} ${parts.target} HTTP/1.1\r\n${lines.join('')}${others.join('')}\r\n${sentBody}`,
      facts: {
        method: parts.method,
        target: parts.target,
        version: '1.1',
        headers: [...[['Host', 'test'], ...how].flat(), ...parts.fields.flatMap((field) => [field.name, field.value])],
        body,
      },
    };
  });

interface ChunkStyle {
  readonly zeros: number;
  readonly capitals: boolean;
  readonly extension: string;
  readonly trailer: string;
}

function inChunks(chunks: readonly string[], { zeros, capitals, extension, trailer }: ChunkStyle): string {
  const line = (size: number) => {
    const digits = '0'.repeat(zeros) + size.toString(16);
    return `${capitals ? digits.toUpperCase() : digits}${extension}\r\n`;
  };
  return `${chunks.map((chunk) => `${line(chunk.length)}${chunk}\r\n`).join('')}${line(0)}${trailer}\r\n`;
}

/** Some requests behind each other, and where their bytes are cut. */
export const randomStream = fc.record({
  requests: fc.array(randomRequest, { minLength: 1, maxLength: 4 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
});

export function cut(bytes: string, cuts: readonly number[]): readonly string[] {
  const places = [0, ...cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.slice(places[index], end));
}
