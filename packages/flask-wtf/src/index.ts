/** What users import from `@qilin/flask-wtf`. */
export { CSRFError, CSRFProtect } from './csrf-protect.ts';
export { Field, type FieldOptions, type FieldType } from './field.ts';
export { FlaskForm, type FormClass, type FormOptions } from './form.ts';
export type { Issue, StandardSchema } from './schema.ts';
export { generateCsrf, type TokenOptions, ValidationError, validateCsrf } from './tokens.ts';
