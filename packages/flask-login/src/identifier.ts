/** Tells a client from another, so that a stolen session is seen. Flask-Login's `_create_identifier`. */
import { createHash } from 'node:crypto';
import { request } from '@qilin/flask';

/** A hash of the client's address and browser, byte for byte Python's. */
export function createIdentifier(): string {
  const forwarded = request.headers.get('x-forwarded-for') ?? request.remoteAddr;
  const address = forwarded === undefined ? 'None' : bytesLiteral(forwarded.split(',', 1)[0]?.trim() ?? '');
  const agent = request.headers.get('user-agent');
  return createHash('sha512')
    .update(`${address}|${agent === null ? 'None' : bytesLiteral(agent)}`)
    .digest('hex');
}

/** What Python prints of a text's UTF-8 bytes: `b'127.0.0.1'`. */
function bytesLiteral(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = [...Buffer.from(text, 'utf8')].map((byte) => {
    const char = String.fromCharCode(byte);
    if (char === '\\' || char === quote) return `\\${char}`;
    if (char === '\t') return '\\t';
    return byte >= 0x20 && byte < 0x7f ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `b${quote}${escaped.join('')}${quote}`;
}
