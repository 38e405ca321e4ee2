/** What users import from `qilin`. */
export type { Address } from './contract/address.ts';
export type { App, FetchEnvironment, FetchHandler, Interface, NodeListener, OnShutdown } from './contract/app.ts';
export { type MetricsRegistry, shareMetrics } from './contract/app-metrics.ts';
export type { HealthCheck } from './contract/health-check.ts';
export type { ArbiterHooks, ArbiterInfo, Hooks, WorkerHooks, WorkerInfo } from './contract/hooks.ts';
export type { Log, LogLevel } from './contract/log.ts';
export { addLogFields, type LogFieldValue } from './contract/log-fields.ts';
export type { Listener } from './contract/messages.ts';
export { type Once, type OnceTask, once } from './contract/once.ts';
export type { WorkerStats } from './contract/stats.ts';
export type {
  AccessEntry,
  AccessLog,
  WorkerClass,
  WorkerClassFactory,
  WorkerContext,
} from './contract/worker-class.ts';
export type { WorkerConfig } from './contract/worker-config.ts';
export { Server, serve } from './serve/serve.ts';
export type { RunningServer, ServeOptions } from './serve/types.ts';
export { defineConfig, type QilinConfig } from './settings/config.ts';
