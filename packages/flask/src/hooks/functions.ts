/** The functions that an app is made of: its views, and what is called around them. */
import type { Reply } from '../replies/reply.ts';
import type { RuleValues } from '../routing/rule.ts';

type MaybePromise<T> = T | Promise<T>;

/** Answers a request, at once or later. `P`: the values of its rule's variables. */
export type ViewFunction<P = never> = (params: P) => MaybePromise<Reply>;

/** Runs before the view; what it returns, unless it is undefined or null, is the reply in its place. Flask's `before_request`. */
// biome-ignore lint/suspicious/noConfusingVoidType: most of these functions return nothing
export type BeforeFunction = () => MaybePromise<Reply | undefined | null | void>;
/** Gets the response and returns it, or another. Flask's `after_request`. */
export type AfterFunction = (response: Response) => MaybePromise<Response>;
/** Runs when the context ends, with the error that nobody handled. Flask's `teardown_request`. */
export type TeardownFunction = (error: unknown) => MaybePromise<void>;
/** May change the values of the rule's variables before the view gets them. Flask's `url_value_preprocessor`. */
export type UrlValuePreprocessor = (endpoint: string | undefined, values: RuleValues) => void;
/** May add values to those from which a URL is built. Flask's `url_defaults`. */
export type UrlDefaultsFunction = (endpoint: string, values: RuleValues) => void;
/** Gives values to all templates. Flask's `context_processor`. */
export type ContextProcessor = () => Readonly<Record<string, unknown>>;
