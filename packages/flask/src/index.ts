/** What users import from `@qilin/flask`. */

export { type BuildErrorHandler, type Extension, Flask, type FlaskOptions } from './app.ts';
export { Blueprint, type BlueprintOptions, type BlueprintSetup, type RegistrationOptions } from './blueprint.ts';
export { Config, type ConfigValues } from './config.ts';
export { ConfigError } from './config-error.ts';
export {
  AppContext,
  afterThisRequest,
  copyCurrentRequestContext,
  hasAppContext,
  hasRequestContext,
  RequestContext,
  streamWithContext,
} from './context.ts';
export type { ErrorClass, ErrorHandler } from './error-handlers.ts';
export * from './exceptions.ts';
export { safeJoin } from './files/safe-join.ts';
export type { FileLike } from './files/source.ts';
export type { SendFileOptions } from './files.ts';
export { FileStorage, secureFilename } from './forms/file-storage.ts';
export { Globals } from './globals.ts';
export {
  deleteCookie,
  flash,
  getFlashedMessages,
  isSafeRedirect,
  jsonify,
  makeResponse,
  redirect,
  setCookie,
} from './helpers.ts';
export type { CookieOptions } from './http/cookies.ts';
export { float, int, MultiDict, type ReadonlyMultiDict } from './http/multi-dict.ts';
export { JSONProvider } from './json.ts';
export { type Level, Logger } from './logger.ts';
export { escapeHtml, Markup } from './markup.ts';
export { currentApp, g, request, session } from './proxies.ts';
export type { Reply, ReplyHeaders, ReplyStatus } from './reply.ts';
export type { FlaskRequest } from './request.ts';
export { BuildError } from './routing/build-error.ts';
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
export type { RunOptions } from './run.ts';
export type {
  AfterFunction,
  BeforeFunction,
  ContextProcessor,
  ImportName,
  RouteOptions,
  ScaffoldOptions,
  TeardownFunction,
  UrlDefaultsFunction,
  UrlValuePreprocessor,
  View,
} from './scaffold.ts';
export { sendFile, sendFromDirectory } from './send-files.ts';
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
export {
  appcontextTearingDown,
  gotRequestException,
  messageFlashed,
  requestFinished,
  requestStarted,
  requestTearingDown,
  Signal,
  templateRendered,
} from './signals.ts';
export { renderTemplate, renderTemplateString } from './templates.ts';
export { type TemplateContext, type TemplateFunction, TemplateNotFound, Templates } from './templating.ts';
export { type ClientOptions, TestClient } from './testing/client.ts';
export type { FormFields, TestRequestOptions } from './testing/request.ts';
export { TestResponse } from './testing/response.ts';
export { type UrlForValues, urlFor } from './url-for.ts';
