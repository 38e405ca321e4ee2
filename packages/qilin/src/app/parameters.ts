/** What the parameters of a function say of what it is. Pure. */

/** Of the second one of a Node listener, and of a fetch handler; without underscores, in small letters. */
const RESPONSES = /^(?:res|resp|rsp|response|reply|outgoing|serverresponse|w)$/;
const ENVIRONMENTS =
  /^(?:env|environment|bindings|context|ctx|loadcontext|info|server|options|opts|init|locals|platform)$/;
const REQUESTS = /^(?:req|request|incoming|incomingmessage)$/;

/** What a function is called with; undefined where its parameters do not tell. */
export function tellByParameters(value: (...args: never[]) => unknown): 'fetch' | 'node' | undefined {
  const [first = '', second = ''] = parametersOf(value).map((name) => name.replace(/^_+|_+$/g, '').toLowerCase());
  if (RESPONSES.test(second)) return 'node';
  return ENVIRONMENTS.test(second) && (first === '' || REQUESTS.test(first)) ? 'fetch' : undefined;
}

/** `(...args)` alone: whatever it is called with is passed on. */
export const takesWhatComes = (value: (...args: never[]) => unknown): boolean =>
  value.length === 0 && parametersOf(value)[0]?.startsWith('...') === true;

/** The names, as they stand in the source; empty ones for patterns, none for functions of Node or that were bound. */
function parametersOf(value: (...args: never[]) => unknown): string[] {
  const source = Function.prototype.toString.call(value).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
  const open = source.indexOf('(');
  if (open < 0 || source.includes('[native code]')) return [];
  return listOf(source.slice(open + 1)).map((text) => /^\s*((?:\.\.\.)?[\p{ID_Continue}$]+)/u.exec(text)?.[1] ?? '');
}

/** What stands between the commas, up to the parenthesis that ends the list. */
function listOf(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    if (depth < 0) break;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
