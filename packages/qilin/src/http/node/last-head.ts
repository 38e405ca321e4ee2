/** The head of an answer that is its connection's last, where the app has said that the connection persists: pure. */

const HEAD_END = '\r\n\r\n';
const CONNECTION = /\r\nconnection:([^\r\n]*)/gi;
const KEEP_ALIVE = /\r\nkeep-alive:[^\r\n]*/gi;

/**
 * Proxies hand on `Connection: keep-alive` of who stands behind them (http-proxy does). Where the connection ends all the same, a client that is not told so
 * (RFC 9112, 9.6) loses what it asks next.
 * @param bytes Begin with the head.
 */
export function sayClose(bytes: string | Uint8Array): string | Uint8Array {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  const end = text.indexOf(HEAD_END);
  if (end < 0) return bytes;
  const head = text.slice(0, end);
  const options = [...head.matchAll(CONNECTION)].flatMap(([, value = '']) =>
    value.split(',').map((each) => each.trim()),
  );
  const others = options.filter((option) => option !== '' && !/^(?:keep-alive|close)$/i.test(option));
  const fields = head.replace(CONNECTION, '').replace(KEEP_ALIVE, '');
  const told = `${fields}\r\nConnection: ${[...others, 'close'].join(', ')}${text.slice(end)}`;
  return typeof bytes === 'string' ? told : Buffer.from(told, 'latin1');
}
