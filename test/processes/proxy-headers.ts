/** Headers of PROXY protocol, as a proxy sends them before all else. */

/** Version 1. */
export const line = (text: string): Buffer => Buffer.from(`PROXY ${text}\r\n`, 'latin1');

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

export const LOCAL = 0x20;
export const PROXY = 0x21;

/** Version 2. @param length What it says of its length, where that is a lie. */
export function binary(command: number, family: number, rest: Uint8Array, length = rest.length): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.from([command, family, length >> 8, length & 0xff]), rest]);
}

/** 203.0.113.7:4711 at 10.0.0.1:80. */
export const IPV4 = Buffer.from([203, 0, 113, 7, 10, 0, 0, 1, 0x12, 0x67, 0, 80]);
/** [2001:db8::1]:4711 at [::]:80. */
export const IPV6 = Buffer.from([
  0x20,
  1,
  0x0d,
  0xb8,
  ...Array(11).fill(0),
  1,
  ...Array(16).fill(0),
  0x12,
  0x67,
  0,
  80,
]);
export const UNIX = Buffer.alloc(216, 'a');

/** What a proxy appends. */
export const tlv = (kind: number, value: string): Buffer =>
  Buffer.concat([Buffer.from([kind, value.length >> 8, value.length & 0xff]), Buffer.from(value)]);
