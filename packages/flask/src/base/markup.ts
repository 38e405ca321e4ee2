/** Text that is HTML already, and the escaping of text that is not. Mirrors MarkupSafe, which Flask exports. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

/**
 * A piece of HTML that templates write as it is. Mirrors Flask's `Markup`.
 *
 * Nunjucks knows safe text by its `SafeString`, a boxed string with a field `val`: templating.ts makes this class one.
 */
export class Markup extends String {
  /** The HTML, where Nunjucks looks for it. */
  readonly val: string;

  constructor(html: string) {
    super(html);
    this.val = html;
  }

  override toString(): string {
    return this.val;
  }

  override valueOf(): string {
    return this.val;
  }

  toJSON(): string {
    return this.val;
  }
}

/** Makes text safe for HTML, in elements and in quoted attributes; a {@link Markup} stays as it is. Flask's `escape`. */
export function escapeHtml(value: unknown): Markup {
  if (value instanceof Markup) return value;
  return new Markup(String(value).replace(/[&<>'"]/g, (char) => ESCAPES[char] ?? char));
}
