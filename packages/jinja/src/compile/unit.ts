/** The JavaScript that is being written: its lines, its constants, and what a template's functions share. */

/** What the compiler must know of an environment. */
export interface CompilerRules {
  /** Escapes HTML by default. */
  readonly autoescape: boolean;
  readonly isSandboxed: boolean;
  readonly hasFinalize: boolean;
  hasFilter(name: string): boolean;
  hasTest(name: string): boolean;
}

export class Unit {
  readonly rules: CompilerRules;
  #lines: string[] = [];
  /** Functions that look up attributes, by their code: each has its own inline cache in the engine. */
  readonly #sites: string[] = [];
  readonly constants: unknown[] = [];
  #counter = 0;

  constructor(rules: CompilerRules) {
    this.rules = rules;
  }

  line(code: string): void {
    this.#lines.push(code);
  }

  /** The lines that `write` writes, taken out again. */
  captured(write: () => void): readonly string[] {
    const outer = this.#lines;
    const inner: string[] = [];
    this.#lines = inner;
    write();
    this.#lines = outer;
    return inner;
  }

  get code(): string {
    return this.#lines.join('\n');
  }

  get sites(): string {
    return this.#sites.join('\n');
  }

  /** A new identifier. */
  fresh(prefix: string): string {
    return `${prefix}${this.#counter++}`;
  }

  /** JavaScript for a value: safe whatever it holds. */
  constant(value: unknown): string {
    if (typeof value === 'string') return JSON.stringify(value);
    if (value === null || typeof value === 'boolean') return String(value);
    if (typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
    this.constants.push(value);
    return `K[${this.constants.length - 1}]`;
  }

  /** The name of a new function of one object, for one place in the template. */
  site(body: string): string {
    const name = this.fresh('a');
    this.#sites.push(`const ${name} = (o) => { ${body} };`);
    return name;
  }
}

/** A template that cannot be compiled, by the compiler's own rules. */
export class CompileError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}
