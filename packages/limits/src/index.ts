/** What users import from `@qilin/limits`. */
export { MemoryStorage } from './memory-storage.ts';
export { parseMany, type RateLimitItem } from './rate-limit-item.ts';
export { type RedisClient, RedisStorage } from './redis-storage.ts';
export type { Storage, Strategy, WindowState } from './storage.ts';
