/** The endings of files that can be an app, a config file or a worker class, in the order in which they are tried. */
export const MODULE_EXTENSIONS = ['.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx'] as const;
