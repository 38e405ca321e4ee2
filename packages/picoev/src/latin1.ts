/** Texts as the kernel takes them: a character for each byte. */

/** Up to here a loop over the characters is cheaper than a call out of JavaScript. */
const SHORT = 64;
const LAST_ASCII = 0x7f;

/** The bytes of a text's UTF-8, each as a character; the text itself when it is ASCII. */
export function latin1OfUtf8(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function isAscii(text: string): boolean {
  if (text.length > SHORT) return Buffer.byteLength(text) === text.length;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > LAST_ASCII) return false;
  return true;
}
