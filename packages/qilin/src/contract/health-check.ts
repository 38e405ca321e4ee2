/** What a new app must stand before it serves, where a path that it answers with 2xx says too little. */

/**
 * The setting `healthCheck` as a function. It runs in the new worker, and in each thread, once the app is loaded.
 *
 * @param ask Has the app answer `GET path`, within its process: nobody else can reach it yet.
 * @returns Nothing or true, or a promise of that, where the app may serve. False, an error and `timeout` call the reload off.
 */
export type HealthCheck = (ask: (path: string) => Promise<Response>) => unknown;

/** Stands in the settings for the function, which a worker takes out of the config file itself. */
export const OWN_HEALTH_CHECK = 'function';
