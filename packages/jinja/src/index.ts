/** Jinja 3.1 in TypeScript. */
export { Environment, selectAutoescape } from './environment.ts';
export {
  FilterArgumentError,
  type Place,
  placesOf,
  SecurityError,
  TemplateAssertionError,
  TemplateError,
  TemplateNotFound,
  TemplateRuntimeError,
  TemplateSyntaxError,
  TemplatesNotFound,
  UndefinedError,
} from './errors.ts';
export type { Translations } from './i18n.ts';
export { ChoiceLoader } from './loaders/choice.ts';
export type { Loader, TemplateSource } from './loaders/contract.ts';
export { DictLoader } from './loaders/dict.ts';
export { FileSystemLoader } from './loaders/file-system.ts';
export { FunctionLoader } from './loaders/function.ts';
export { PrefixLoader } from './loaders/prefix.ts';
export type { EnvironmentOptions, SandboxOptions } from './options.ts';
export type { EvalContext } from './runtime/calls.ts';
export type { Context } from './runtime/context.ts';
export { Macro } from './runtime/macro.ts';
export { TemplateModule } from './runtime/module.ts';
export { Template, type TemplateContext } from './template.ts';
export { GET_ATTRIBUTE, GET_ITEM } from './values/attributes.ts';
export {
  CallableObject,
  named,
  passContext,
  passEnvironment,
  passEvalContext,
  withKeywords,
} from './values/callable.ts';
export { Float } from './values/float.ts';
export { type Html, Markup } from './values/markup.ts';
export { markupOf as escape, repr } from './values/printing.ts';
export { Tuple, tuple } from './values/sequences.ts';
export { Undefined } from './values/undefined.ts';
