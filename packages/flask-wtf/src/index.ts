/** What users import from `@qilin/flask-wtf`. */
export { CSRFError, CSRFProtect } from './csrf-protect.ts';
export { generateCsrf, type TokenOptions, ValidationError, validateCsrf } from './tokens.ts';
