/** What the parameters of a function say of what it is. Pure. */

/** Of the second one of a Node listener, and of a fetch handler; without underscores, in small letters. */
const RESPONSES = /^(?:res|resp|rsp|response|reply|outgoing|serverresponse|w)$/;
const ENVIRONMENTS =
  /^(?:env|environment|bindings|context|ctx|loadcontext|info|server|options|opts|init|locals|platform)$/;
const REQUESTS = /^(?:req|request|incoming|incomingmessage)$/;

type AnyFunction = (...args: never[]) => unknown;

/** What a function is called with; undefined where its parameters do not tell. */
export function tellByParameters(value: AnyFunction): 'fetch' | 'node' | undefined {
  const [first = '', second] = parametersOf(value).map((name) => name.replace(/^_+|_+$/g, '').toLowerCase());
  if (second === undefined) return undefined;
  if (RESPONSES.test(second)) return 'node';
  // A pattern takes a response apart, whose methods would be of no use then.
  const isEnvironment = second === '' || ENVIRONMENTS.test(second);
  return isEnvironment && (first === '' || REQUESTS.test(first)) ? 'fetch' : undefined;
}

/** `(...args)` alone, or `arguments`: whatever it is called with is passed on. */
export function takesWhatComes(value: AnyFunction): boolean {
  if (value.length > 0) return false;
  const parameters = parametersOf(value);
  if (parameters.length === 0) return /\barguments\b/.test(sourceOf(value));
  return parameters[0]?.startsWith('...') === true;
}

/** Those with a default, and behind it, included. */
export const countParameters = (value: AnyFunction): number => value.length || parametersOf(value).length;

/** False for functions of Node or that were bound, of which nothing can be read. */
export const hasSource = (value: AnyFunction): boolean => !sourceOf(value).includes('[native code]');

/** The names, as they stand in the source; empty ones for patterns, none where there is no source. */
function parametersOf(value: AnyFunction): string[] {
  const source = sourceOf(value);
  const open = source.indexOf('(');
  if (open < 0 || !hasSource(value)) return [];
  const texts = listOf(source.slice(open + 1)).filter((text) => text.trim() !== '');
  return texts.map((text) => /^\s*((?:\.\.\.)?[\p{ID_Continue}$]+)/u.exec(text)?.[1] ?? '');
}

/** Without comments. */
const sourceOf = (value: AnyFunction): string =>
  Function.prototype.toString.call(value).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');

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
