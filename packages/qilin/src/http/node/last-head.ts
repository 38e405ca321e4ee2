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
  if (typeof bytes === 'string') {
    const end = bytes.indexOf(HEAD_END);
    return end < 0 ? bytes : closing(bytes.slice(0, end)) + bytes.slice(end);
  }
  // What follows the head may be large, and is not looked at.
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = view.indexOf(HEAD_END);
  return end < 0
    ? bytes
    : Buffer.concat([Buffer.from(closing(view.toString('latin1', 0, end)), 'latin1'), view.subarray(end)]);
}

function closing(head: string): string {
  const options = [...head.matchAll(CONNECTION)].flatMap(([, value = '']) =>
    value.split(',').map((each) => each.trim()),
  );
  const others = options.filter((option) => option !== '' && !/^(?:keep-alive|close)$/i.test(option));
  const fields = head.replace(CONNECTION, '').replace(KEEP_ALIVE, '');
  return `${fields}\r\nConnection: ${[...others, 'close'].join(', ')}`;
}
