/** What a form needs of a schema: zod's, valibot's, arktype's and others are Standard Schemas (standardschema.dev). */
import type { FileStorage, ReadonlyMultiDict } from '@qilin/flask';
import type { FieldOptions } from './field.ts';

type Result<T> = { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** What is wrong, and where. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What zod, valibot and arktype have in common: standardschema.dev. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** Of which field an issue is; undefined: of the form as a whole. */
export function fieldOf({ path: [first] = [] }: Issue, fields: object): string | undefined {
  const key = typeof first === 'object' ? first.key : first;
  return key !== undefined && Object.hasOwn(fields, key) ? String(key) : undefined;
}

/** What was sent for a field, as the schema gets it: undefined for nothing. */
export function readValue(
  { type = 'text' }: FieldOptions,
  name: string,
  form: ReadonlyMultiDict<string>,
  files: ReadonlyMultiDict<FileStorage>,
): unknown {
  const text = form.get(name);
  // A file that was not chosen has no name.
  const chosen = () => files.getAll(name).filter(({ filename }) => filename !== '');
  switch (type) {
    case 'checkbox':
    case 'submit':
      return text !== undefined && text !== '' && text !== 'false';
    case 'number':
    case 'range':
      return text === undefined || text.trim() === '' ? undefined : numberOf(text);
    case 'select-multiple':
      return form.getAll(name);
    case 'file':
      return chosen()[0];
    case 'files':
      return chosen();
    default:
      return text;
  }
}

/** What is no number stays as it was sent, for the schema to say so. */
function numberOf(text: string): number | string {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}
