const here = import.meta.dirname;

/** Its own folder is all there is: none of the folders above it are looked at. */
export default { output: 'standalone', outputFileTracingRoot: here, turbopack: { root: here } };
