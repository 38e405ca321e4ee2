/** What users import from `@qilin/flask`. */

export type { AppScaffold, FlaskOptions, RegistrationOptions } from './app/app-scaffold.ts';
export { Blueprint, type BlueprintOptions, type BlueprintSetup } from './app/blueprint.ts';
export { AppContext, RequestContext } from './app/context.ts';
export {
  afterThisRequest,
  copyCurrentRequestContext,
  hasAppContext,
  hasRequestContext,
  streamWithContext,
} from './app/context-functions.ts';
export { currentApp } from './app/current-app.ts';
export { flash, getFlashedMessages } from './app/flashing.ts';
export { type Extension, Flask } from './app/flask.ts';
export { Globals } from './app/globals.ts';
export {
  abort,
  deleteCookie,
  isSafeRedirect,
  jsonify,
  makeConditional,
  makeResponse,
  redirect,
  setCookie,
} from './app/helpers.ts';
export { g, request, session } from './app/proxies.ts';
export {
  getTemplateAttribute,
  renderTemplate,
  renderTemplateString,
  streamTemplate,
  streamTemplateString,
} from './app/render-template.ts';
export type { ImportName, RouteOptions, ScaffoldOptions } from './app/scaffold.ts';
export { sendFile, sendFromDirectory } from './app/send-files.ts';
export {
  appcontextTearingDown,
  gotRequestException,
  messageFlashed,
  requestFinished,
  requestStarted,
  requestTearingDown,
  templateRendered,
} from './app/signals.ts';
export { type UrlForValues, urlFor } from './app/url-for.ts';
export { viewDecorator } from './app/view-decorator.ts';
export { type ClassView, MethodView, View, type ViewDecorator } from './app/views.ts';
export { Config, type ConfigValues } from './base/config.ts';
export { parseWithBigints } from './base/integers.ts';
export { type Level, Logger } from './base/logger.ts';
export { escapeHtml, Markup } from './base/markup.ts';
export { Signal } from './base/signal.ts';
export { currentObject, standFor } from './base/stand-for.ts';
export { type CommandContext, CommandGroup, type CommandSpec } from './commands/group.ts';
export { UsageError } from './commands/usage-error.ts';
export type { App, FlashedMessage, RequestState } from './contract.ts';
export { ConfigError } from './dev-server/config-error.ts';
export type { RunOptions } from './dev-server/run.ts';
export { Aborter, defaultExceptions, type HTTPExceptionClass } from './exceptions/abort.ts';
export * from './exceptions/bad-requests.ts';
export * from './exceptions/client-errors.ts';
export * from './exceptions/http-exception.ts';
export * from './exceptions/server-errors.ts';
export { safeJoin } from './files/safe-join.ts';
export type { SendFileOptions } from './files/send.ts';
export type { FileLike } from './files/source.ts';
export { FileStorage, secureFilename } from './forms/file-storage.ts';
export type { ErrorClass, ErrorHandler } from './hooks/error-handlers.ts';
export type {
  AfterFunction,
  BeforeFunction,
  ContextProcessor,
  TeardownFunction,
  UrlDefaultsFunction,
  UrlValuePreprocessor,
  ViewFunction,
} from './hooks/functions.ts';
export { Authorization, WwwAuthenticate } from './http/authorization.ts';
export type { CookieOptions } from './http/cookies.ts';
export { DispatcherMiddleware, type FetchApp } from './http/dispatcher.ts';
export { float, int, MultiDict, type ReadonlyMultiDict } from './http/multi-dict.ts';
export { ProxyFix, type ProxyFixOptions } from './http/proxy-fix.ts';
export { addEtag, type ConditionalOptions, type EtagOptions } from './replies/conditional.ts';
export { JSONProvider } from './replies/json.ts';
export type { Reply, ReplyHeaders, ReplyStatus } from './replies/reply.ts';
export { FlaskRequest } from './request/request.ts';
export { BuildError, type BuildErrorHandler } from './routing/build-error.ts';
export {
  BaseConverter,
  type ConverterArgument,
  type ConverterArguments,
  type ConverterClass,
  ValidationError,
} from './routing/converters.ts';
export { UrlMap } from './routing/map.ts';
export type { ConverterTypes, ViewParams } from './routing/params.ts';
export type { Rule, RuleOptions, RuleValues } from './routing/rule.ts';
export { checkPasswordHash, generatePasswordHash } from './security/passwords.ts';
export {
  type SessionApp,
  type SessionConfig,
  SessionInterface,
  type SessionRequest,
  type SessionResponse,
} from './sessions/interface.ts';
export { SecureCookieSessionInterface } from './sessions/secure-cookie.ts';
export { type SerializerOptions, type TextSerializer, UrlSafeTimedSerializer } from './sessions/serializer.ts';
export { NullSession, Session, type SessionData } from './sessions/session.ts';
export { BadSignature, type BadSignatureReason, type KeyDerivation, type SecretKey } from './sessions/signer.ts';
export { type JsonTag, TaggedJsonSerializer } from './sessions/tagged-json.ts';
export { Uuid } from './sessions/uuid.ts';
export { CallableObject, GET_ATTRIBUTE, showByPythonNames } from './templating/python-names.ts';
export {
  type JinjaOptions,
  type TemplateContext,
  type TemplateFunction,
  TemplateNotFound,
  Templates,
} from './templating/templates.ts';
export { type CliResult, CliRunner } from './testing/cli-runner.ts';
export { type ClientOptions, TestClient } from './testing/client.ts';
export type { FormFields, TestRequestOptions } from './testing/request.ts';
export { TestResponse } from './testing/response.ts';
