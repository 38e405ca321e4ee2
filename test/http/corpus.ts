/**
 * Reads the table of raw requests: files of cases, each with its bytes and what a server has to make of them.
 *
 *     === name of the case
 *     RFC 9112, 6.3                            where the rule stands; with a remark, if there is one
 *     > POST /form HTTP/1.1\r\n                the bytes: nothing is added, not even line ends
 *     > Host: test\r\n
 *     > Content-Length: 5\r\n
 *     > \r\n
 *     > hello
 *     accepted POST /form HTTP/1.1 keep-alive  each request that the app sees, and whether the connection persists after it;
 *       | Host: test                           its fields as sent,
 *       | Content-Length: 5
 *       + hello                                and its body
 *     refused 400                              or, last of all: this status, the connection closed, nothing behind it read
 *     async: why                               a class that differs, with its reason; its outcome follows
 *     accepted …
 *
 * Escapes: \r \n \t \0 \\ \xHH, and \{a*300} for 300 times the letter a. A line that begins with # is a comment.
 */

export interface Facts {
  readonly method: string;
  readonly target: string;
  /** `1.1` */
  readonly version: string;
  /** Names and values in turn, as sent. */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface Acceptance {
  readonly facts: Facts;
  readonly keepAlive: boolean;
}

export interface Outcome {
  readonly accepted: readonly Acceptance[];
  /** Status of the refusal behind them; undefined where all is well. */
  readonly refused: number | undefined;
}

export interface Case {
  readonly name: string;
  /** The RFC's section. */
  readonly rule: string;
  /** A character for each byte. */
  readonly bytes: string;
  readonly outcome: Outcome;
  /** By the class's name: what it does instead, and why. */
  readonly exceptions: ReadonlyMap<string, { readonly reason: string; readonly outcome: Outcome }>;
}

/** What this class has to make of it. */
export const outcomeOn = ({ outcome, exceptions }: Case, className: string): Outcome =>
  exceptions.get(className)?.outcome ?? outcome;

/** @throws Error that names file and line, when the text is no table of cases */
export function parseCases(file: string, text: string): readonly Case[] {
  const cases: CaseBuilder[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    try {
      if (line === '' || line.startsWith('#')) continue;
      const name = /^=== (.+)$/.exec(line)?.[1];
      if (name !== undefined) cases.push(new CaseBuilder(name));
      else (cases.at(-1) ?? fail('a case begins with "=== "')).read(line);
    } catch (error) {
      throw new Error(`${file}:${index + 1}: ${error instanceof Error ? error.message : error} (got ${line})`);
    }
  }
  return cases.map((builder) => builder.build());
}

interface OutcomeBuilder {
  accepted: { facts: Facts & { headers: string[]; body: string }; keepAlive: boolean }[];
  refused: number | undefined;
}

class CaseBuilder {
  readonly #name: string;
  #rule: string | undefined;
  #bytes = '';
  readonly #outcome: OutcomeBuilder = { accepted: [], refused: undefined };
  readonly #exceptions = new Map<string, { reason: string; outcome: OutcomeBuilder }>();
  #current = this.#outcome;

  constructor(name: string) {
    this.#name = name;
  }

  read(line: string): void {
    const [, word = '', rest = ''] = /^ *(>|\||\+|[\w:]+) ?(.*)$/.exec(line) ?? [];
    if (word === 'RFC' && this.#rule === undefined) this.#rule = line;
    else if (word === '>') this.#bytes += fromEscapes(rest);
    else if (word === 'accepted') this.#current.accepted.push(acceptance(rest));
    else if (word === '|') this.#lastFacts.headers.push(...field(rest));
    else if (word === '+') this.#lastFacts.body += fromEscapes(rest);
    else if (word === 'refused') this.#current.refused = Number(rest);
    else if (word.endsWith(':')) this.#except(word.slice(0, -1), rest);
    else fail('expected >, accepted, |, +, refused, RFC or the name of a class with a colon');
  }

  build(): Case {
    const outcomes = [this.#outcome, ...[...this.#exceptions.values()].map(({ outcome }) => outcome)];
    if (outcomes.some(({ accepted, refused }) => accepted.length === 0 && refused === undefined)) {
      throw new Error(`The case "${this.#name}" lacks an outcome.`);
    }
    if (this.#rule === undefined) throw new Error(`The case "${this.#name}" lacks its RFC's section.`);
    return {
      name: this.#name,
      rule: this.#rule,
      bytes: this.#bytes,
      outcome: this.#outcome,
      exceptions: this.#exceptions,
    };
  }

  get #lastFacts() {
    return this.#current.accepted.at(-1)?.facts ?? fail('fields and body follow "accepted"');
  }

  #except(className: string, reason: string): void {
    this.#current = { accepted: [], refused: undefined };
    this.#exceptions.set(className, { reason, outcome: this.#current });
  }
}

function acceptance(text: string): OutcomeBuilder['accepted'][number] {
  const [, method = '', target = '', version = '', persistence] =
    /^(\S+) (\S+) HTTP\/(\d\.\d) (keep-alive|close)$/.exec(text) ??
    fail('expected "accepted METHOD TARGET HTTP/1.x keep-alive|close"');
  const facts = { method: fromEscapes(method), target: fromEscapes(target), version, headers: [], body: '' };
  return { facts, keepAlive: persistence === 'keep-alive' };
}

function field(text: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([^:]+):(?: (.*))?$/.exec(text) ?? fail('expected "| Name: value"');
  return [fromEscapes(name), fromEscapes(value)];
}

const NAMED: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

function fromEscapes(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-f]{2})|\{(.)\*(\d+)\}|(.?))/g,
    (_, hex?: string, character?: string, times?: string, name = '') => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (character !== undefined) return character.repeat(Number(times));
      return NAMED[name] ?? fail(`unknown escape \\${name}`);
    },
  );
}

function fail(message: string): never {
  throw new Error(message);
}
