/** A UUID as a value of its own, so that a session from Python keeps it when it is written again. */

/** Mirrors Python's `uuid.UUID`, as far as a session needs it. */
export class Uuid {
  /** 32 hexadecimal digits in lower case. */
  readonly hex: string;

  /**
   * @param value 32 hexadecimal digits, with or without hyphens, such as those of `crypto.randomUUID()`
   * @throws {TypeError} for anything else
   */
  constructor(value: string) {
    const hex = value.replaceAll('-', '').toLowerCase();
    if (!/^[0-9a-f]{32}$/.test(hex)) {
      throw new TypeError(`A UUID has 32 hexadecimal digits (got ${JSON.stringify(value)}).`);
    }
    this.hex = hex;
  }

  /** With its hyphens: `12345678-1234-5678-1234-567812345678`. */
  toString(): string {
    return this.hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  toJSON(): string {
    return this.toString();
  }
}
