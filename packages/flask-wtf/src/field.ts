/** A field of a form, as templates and views have it. WTForms's `Field` and `Label`. */
import { CallableObject, escapeHtml, GET_ATTRIBUTE, Markup } from '@qilin/flask';
import { type Attributes, element, joined } from './html.ts';
import { fieldName } from './tokens.ts';

type TextType = 'text' | 'email' | 'password' | 'search' | 'tel' | 'url' | 'number' | 'range' | 'hidden' | 'color';
type TimeType = 'date' | 'time' | 'datetime-local' | 'month' | 'week';
type OtherType = 'textarea' | 'checkbox' | 'radio' | 'select' | 'select-multiple' | 'file' | 'files' | 'submit';
/** What a field is: a type of HTML's `input`, or what is none there. */
export type FieldType = TextType | TimeType | OtherType;

/** What a form says of a field besides what its schema does. */
export interface FieldOptions {
  /** `text` unless given. */
  readonly type?: FieldType;
  /** Made of the name unless given. */
  readonly label?: string;
  readonly description?: string;
  readonly default?: unknown;
  /** Of `select`, `select-multiple` and `radio`: values, or values with what they are called. The schema says which are good. */
  readonly choices?: readonly (string | readonly [value: string, label: string])[];
  /** Tells the browser: the schema asks for it by itself. */
  readonly required?: boolean;
  /** More attributes of the element. */
  readonly renderKw?: Attributes;
}

/** Prints itself as a `label`. */
class Label extends CallableObject {
  readonly text: string;
  readonly #for: string;

  constructor(fieldId: string, text: string) {
    super();
    this.#for = fieldId;
    this.text = text;
  }

  override invoke([text]: readonly unknown[], keywords: Attributes | null): Markup {
    return element('label', { for: this.#for, ...keywords }, String(text ?? keywords?.['text'] ?? this.text));
  }

  __html__(): string {
    return this.invoke([], null).value;
  }

  [GET_ATTRIBUTE](name: string): unknown {
    return name === 'text' ? this.text : undefined;
  }
}

/** `{{ form.email }}`, `{{ form.email(class_='x') }}`, `{{ form.email.label }}`, `{{ form.email.errors }}`. WTForms's `Field`. */
export class Field extends CallableObject {
  /** In the HTML: with the form's prefix. */
  readonly name: string;
  readonly shortName: string;
  readonly type: FieldType;
  readonly label: Label;
  readonly description: string;
  /** What was sent, else the default: not yet what the schema makes of it. */
  data: unknown;
  errors: readonly string[] = [];
  readonly #options: FieldOptions;

  constructor(shortName: string, prefix: string, options: FieldOptions, data: unknown) {
    super();
    this.shortName = shortName;
    this.name = `${prefix}${shortName}`;
    this.type = options.type ?? 'text';
    this.label = new Label(this.name, options.label ?? titleOf(shortName));
    this.description = options.description ?? '';
    this.data = data ?? options.default;
    this.#options = options;
  }

  get id(): string {
    return this.name;
  }

  /** Its HTML. @param keywords more attributes of the element */
  override invoke(_args: readonly unknown[], keywords: Attributes | null): Markup {
    const { required = false, renderKw } = this.#options;
    return this.#render({ id: this.id, name: this.name, required, ...renderKw, ...keywords });
  }

  #render(given: Attributes): Markup {
    const { type, data } = this;
    const text = type === 'password' ? '' : textOf(type, data);
    switch (type) {
      case 'textarea':
        return element('textarea', given, joined([new Markup('\r\n'), escapeHtml(text)]));
      case 'select':
      case 'select-multiple':
        return element('select', { multiple: type === 'select-multiple', ...given }, this.#choices(optionOf));
      case 'radio':
        return this.#radios(given);
      case 'checkbox':
        return element('input', { type, checked: Boolean(data), value: 'y', ...given });
      case 'file':
      case 'files':
        return element('input', { type: 'file', multiple: type === 'files', ...given });
      case 'submit':
        return element('input', { type, value: this.label.text, ...given });
      default:
        return element('input', { type, value: text, ...given });
    }
  }

  #choices(render: (value: string, label: string, isChosen: boolean, index: number) => Markup): Markup {
    const chosen = Array.isArray(this.data) ? this.data.map(String) : [String(this.data ?? '')];
    const pairs = (this.#options.choices ?? []).map((choice) =>
      typeof choice === 'string' ? [choice, choice] : choice,
    );
    return joined(pairs.map(([value = '', label = ''], at) => render(value, label, chosen.includes(value), at)));
  }

  #radios({ name, required, ...ofList }: Attributes): Markup {
    const items = this.#choices((value, text, checked, index) => {
      const id = `${this.id}-${index}`;
      const input = element('input', { name, required, id, checked, type: 'radio', value });
      return new Markup(`<li>${input} ${element('label', { for: id }, text)}</li>`);
    });
    return element('ul', ofList, items);
  }

  __html__(): string {
    return this.invoke([], null).value;
  }

  [GET_ATTRIBUTE](name: string): unknown {
    const { id, shortName, label, description, data = null, errors } = this;
    const widget = { input_type: this.type === 'files' ? 'file' : this.type };
    // Templates ask `field.type == 'BooleanField'`, and `field.widget.input_type == 'hidden'`.
    const type = `${shortName === fieldName() ? 'CSRFToken' : (CLASSES[this.type] ?? titleOf(this.type).replace('-', ''))}Field`;
    const naming = { id, name: this.name, short_name: shortName, shortName, label, description };
    return new Map<string, unknown>(Object.entries({ ...naming, data, errors, type, widget })).get(name);
  }
}

/** What WTForms calls fields whose class has not the type's name. */
const CLASSES: Readonly<Record<string, string>> = {
  ...{ text: 'String', color: 'String', week: 'String', url: 'URL', number: 'Integer', range: 'IntegerRange' },
  ...{ 'datetime-local': 'DateTimeLocal', textarea: 'TextArea', checkbox: 'Boolean', files: 'MultipleFile' },
};

/** `remember_me` and `rememberMe` are `Remember Me`. */
const titleOf = (name: string): string =>
  name
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, '_')
    .replace(/_+/g, ' ')
    .replace(/\b[a-z]/g, (letter) => letter.toUpperCase());

const optionOf = (value: string, label: string, selected: boolean): Markup =>
  element('option', { selected, value }, label);

/** A day is a date's, in UTC. */
function textOf(type: FieldType, data: unknown): string {
  if (data === undefined || data === null) return '';
  return type === 'date' && data instanceof Date ? data.toISOString().slice(0, 10) : String(data);
}
