/** Splits the text of `QILIN_CMD_ARGS` into arguments, as a POSIX shell splits words: quotes and backslashes, no expansion. */

/** The arguments, or undefined when a quote is not closed or nothing follows the last backslash. */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let rest = text;
  while (rest !== '') {
    const piece = PIECE.exec(rest);
    if (piece === null) return undefined;
    const [whole, space, single, double, escaped, bare] = piece;
    rest = rest.slice(whole.length);
    if (space === undefined) {
      word = (word ?? '') + (single ?? double?.replace(/\\([\\"$`])/g, '$1') ?? escaped ?? bare ?? '');
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** White space; text in single quotes; text in double quotes; one escaped character; anything else. */
const PIECE = /^(?:(\s+)|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+))/s;
