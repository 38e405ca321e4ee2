/** What users import from `@qilin/flask-limiter`. */
import { request } from '@qilin/flask';

export * from '@qilin/limits';
export { type KeyFunction, type LimitOptions, type LimitValue, RateLimitExceeded, type RequestLimit } from './limit.ts';
export { type LimitDecorator, Limiter } from './limiter.ts';
export type { LimiterOptions } from './settings.ts';
export { StorageError } from './store.ts';

/** The client's address, as the server's trusted proxies tell it. Flask-Limiter's `get_remote_address`. */
export const getRemoteAddress = (): string => request.remoteAddr ?? '127.0.0.1';
