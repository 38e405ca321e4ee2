/** A form by a schema. Flask-WTF's `FlaskForm`. */
import { currentApp, GET_ATTRIBUTE, g, type Markup, request } from '@qilin/flask';
import { Field, type FieldOptions } from './field.ts';
import { joined } from './html.ts';
import { fieldOf, readValue, type StandardSchema } from './schema.ts';
import { fieldName, generateCsrf, ValidationError, validateCsrf } from './tokens.ts';

const SUBMITTED = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Options of one form. */
export interface FormOptions {
  /** Goes before the names of its fields, for several forms on a page. */
  readonly prefix?: string;
  /** False: it needs no CSRF token. */
  readonly csrf?: boolean;
}

type Spec = Readonly<Record<string, FieldOptions>>;

/** What `FlaskForm.of` makes: a class of forms. */
export type FormClass<Output, F extends Spec> = new (
  data?: Readonly<Partial<Record<keyof F, unknown>>>,
  options?: FormOptions,
) => FlaskForm<Output, F>;

/**
 * @example
 * const LoginForm = FlaskForm.of(z.object({ email: z.email() }), { email: { type: 'email', label: 'E-Mail' } });
 * const form = new LoginForm();
 * if (await form.validateOnSubmit()) return `Hello, ${form.data.email}!`;
 * return renderTemplate('login.html', { form });
 */
export class FlaskForm<Output = unknown, F extends Spec = Spec> {
  /** By name; in templates they are the form's own attributes and items. */
  readonly fields: { readonly [K in keyof F]: Field };
  /** What is wrong with the form as a whole. */
  formErrors: readonly string[] = [];
  readonly #schema: StandardSchema<unknown, Output>;
  readonly #spec: Spec;
  readonly #csrf: boolean;
  readonly #own: readonly Field[];
  readonly #prefix: string;
  #csrfErrors: readonly string[] = [];
  #valid: { readonly output: Output } | undefined;

  constructor(
    schema: StandardSchema<unknown, Output>,
    spec: F,
    data: Readonly<Record<string, unknown>> = {},
    { prefix = '', csrf = true }: FormOptions = {},
  ) {
    this.#schema = schema;
    this.#spec = spec;
    this.#csrf = csrf && (currentApp.config.WTF_CSRF_ENABLED ?? true);
    this.#prefix = prefix === '' || /[-_;:/.]$/.test(prefix) ? prefix : `${prefix}-`;
    this.#own = Object.entries<FieldOptions>(spec).map(([name, own]) => new Field(name, this.#prefix, own, data[name]));
    this.fields = Object.fromEntries(this.#own.map((field) => [field.shortName, field])) as typeof this.fields;
  }

  /** A class of forms. @param spec a field for each key of the schema's object, and others, as a button to submit */
  static of<Input, Output, const F extends Spec & Record<keyof Input & string, FieldOptions>>(
    schema: StandardSchema<Input, Output>,
    spec: F,
  ): FormClass<Output, F> {
    const ofInput = schema as StandardSchema<unknown, Output>;
    return class extends FlaskForm<Output, F> {
      constructor(data?: Readonly<Partial<Record<keyof F, unknown>>>, options?: FormOptions) {
        super(ofInput, spec, data, options);
      }
    };
  }

  /** Whether the request sends a form. Flask-WTF's `is_submitted`. */
  isSubmitted(): boolean {
    return SUBMITTED.has(request.method);
  }

  /** Whether the request sends the form and all is well; then there is {@link data}. Flask-WTF's `validate_on_submit`. */
  async validateOnSubmit(): Promise<boolean> {
    return this.isSubmitted() && (await this.validate());
  }

  /** Reads what was sent, and has the schema look at it. WTForms's `validate`. */
  async validate(): Promise<boolean> {
    const [form, files] = [await request.form, await request.files];
    const values: Record<string, unknown> = {};
    for (const field of this.#own) {
      const options = this.#spec[field.shortName] ?? {};
      field.data = readValue(options, field.name, form, files);
      if (options.type !== 'submit' && field.data !== undefined) values[field.shortName] = field.data;
    }
    this.#csrfErrors = this.#checkCsrf(form.get(this.#csrfField));
    const result = await this.#schema['~standard'].validate(values);
    const issues = result.issues ?? [];
    const messagesOf = (name?: string) =>
      issues.filter((issue) => fieldOf(issue, this.fields) === name).map(({ message }) => message);
    for (const field of this.#own) field.errors = messagesOf(field.shortName);
    this.formErrors = messagesOf();
    this.#valid = result.issues === undefined && this.#csrfErrors.length === 0 ? { output: result.value } : undefined;
    return this.#valid !== undefined;
  }

  get #csrfField(): string {
    return `${this.#prefix}${fieldName()}`;
  }

  /** Not again where `CSRFProtect` has. */
  #checkCsrf(token: string | undefined): readonly string[] {
    if (!this.#csrf || g.get('csrf_valid') === true) return [];
    try {
      validateCsrf(token);
      return [];
    } catch (error) {
      if (error instanceof ValidationError) return [error.message];
      throw error;
    }
  }

  /** What the schema made of what was sent. @throws Error before `validateOnSubmit()` or `validate()` said that all is well */
  get data(): Output {
    if (this.#valid !== undefined) return this.#valid.output;
    throw new Error('The form has no valid data: look first whether `await form.validateOnSubmit()` is true.');
  }

  /** What is wrong, by field; `''` is the form as a whole. */
  get errors(): Readonly<Record<string, readonly string[]>> {
    const all = this.#own.map(({ shortName, errors }): [string, readonly string[]] => [shortName, errors]);
    const listed = [...all, [fieldName(), this.#csrfErrors] as const, ['', this.formErrors] as const];
    return Object.fromEntries(listed.filter(([, errors]) => errors.length > 0));
  }

  /** The token's field; undefined where none is needed. */
  get csrfToken(): Field | undefined {
    if (!this.#csrf) return undefined;
    const field = new Field(fieldName(), this.#prefix, { type: 'hidden', label: 'CSRF Token' }, generateCsrf());
    field.errors = this.#csrfErrors;
    return field;
  }

  /** The token, and all hidden fields. Flask-WTF's `hidden_tag`. */
  hiddenTag(): Markup {
    return joined([...this].filter(({ type }) => type === 'hidden').map((field) => field.invoke([], null)));
  }

  /** Its fields, and last that of the token, as in WTForms. */
  [Symbol.iterator](): Iterator<Field> {
    return [...this.#own, this.csrfToken].filter((field) => field !== undefined).values();
  }

  [GET_ATTRIBUTE](name: string): unknown {
    if (Object.hasOwn(this.fields, name)) return this.fields[name];
    switch (name) {
      case 'errors':
        return this.errors;
      case 'form_errors':
        return this.formErrors;
      case 'data':
        return Object.fromEntries(this.#own.map(({ shortName, data = null }) => [shortName, data]));
      case 'hidden_tag':
        return () => this.hiddenTag();
      case fieldName():
        return this.csrfToken;
      default:
        return undefined;
    }
  }
}
