/** Where templates come from. */

export interface TemplateSource {
  readonly source: string;
  /** The file it was read from, for those who show it. */
  readonly filename?: string;
  /** Whether the source is still what it was; without it, it never changes. */
  readonly isUpToDate?: () => boolean;
}

export interface Loader {
  /**
   * The source of a template, or a promise of it.
   * @throws TemplateNotFound
   */
  load(name: string): TemplateSource | Promise<TemplateSource>;
  /** All names that it knows, if it can list them. */
  list?(): readonly string[];
}
