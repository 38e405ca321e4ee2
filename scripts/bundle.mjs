/**
 * The packages' JavaScript from their TypeScript, bundled: a worker, or a thread, begins with a dozen files instead of a hundred, for
 * three fifths of the CPU. Files that are begun with keep their place and name; what they share lies in dist/chunks.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/** In each package's `src`, without `.ts`. */
const ENTRIES = {
  picoev: ['index'],
  qilin: [
    // Exported, and run.
    'index',
    'app/patch',
    'cli/qilin',
    'cli/qilinctl',
    'worker/main',
    'worker/threads/main',
    // Asked for by tests and scripts that run as JavaScript.
    'admin/reference',
    'app/intercept',
    'app/load',
    'app/served-server',
    'contract/errors',
    'control/reference',
    'http/light/door',
    'http/node/fetch-listener',
    'settings/reference',
    'worker/channel',
  ],
};

/** Ends the name of a file that is written, until it has its own. */
const FRESH = '.new';

/**
 * Whole at any moment, and not touched where nothing has changed: a server that runs from here may start a worker now.
 * @param {string} path
 * @param {Uint8Array} contents
 */
function put(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.${process.pid}${FRESH}`;
  writeFileSync(fresh, contents);
  renameSync(fresh, path);
}

/**
 * @param {import('esbuild').BuildOptions} options
 * @returns the paths of all files
 */
async function buildTo(options) {
  const { outputFiles } = await build({ ...options, write: false, bundle: true, format: 'esm', logLevel: 'warning' });
  // Chunks before those that ask for them, which are told by their names.
  const files = [...outputFiles].sort((one, other) => Number(isChunk(other.path)) - Number(isChunk(one.path)));
  for (const { path, contents } of files) put(path, contents);
  return new Set(outputFiles.map(({ path }) => path));
}

const isChunk = (/** @type {string} */ path) => path.includes('/dist/chunks/');

/** The dashboard's page: for a browser, with what it draws by. @param {string} root */
async function bundlePage(root) {
  const folder = join(root, 'packages/qilin');
  await buildTo({
    absWorkingDir: folder,
    entryPoints: [
      { in: 'src/page/main.ts', out: 'page' },
      { in: 'src/page/page.css', out: 'page' },
    ],
    outdir: 'dist/page',
    minify: true,
    platform: 'browser',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    banner: { js: '/*! With uPlot, Copyright (c) Leon Sorokin, MIT licence: https://github.com/leeoniya/uPlot */' },
  });
  put(join(folder, 'dist/page/index.html'), readFileSync(join(folder, 'src/page/index.html')));
}

/** @param {string} root Of the repository. */
export async function bundle(root) {
  await bundlePage(root);
  for (const [name, entries] of Object.entries(ENTRIES)) {
    const folder = join(root, 'packages', name);
    const made = await buildTo({
      absWorkingDir: folder,
      entryPoints: entries.map((entry) => `src/${entry}.ts`),
      outbase: 'src',
      outdir: 'dist',
      // One folder deep, as nearly all of src is: paths relative to a source file hold for its chunk.
      chunkNames: 'chunks/[name]-[hash]',
      splitting: true,
      platform: 'node',
      target: 'node20.11',
      packages: 'external',
      sourcemap: true,
      sourcesContent: false,
    });
    const chunks = join(folder, 'dist/chunks');
    const there = existsSync(chunks) ? readdirSync(chunks) : [];
    // Not what another build is about to put there.
    const old = there.filter((name) => !name.endsWith(FRESH) && !made.has(join(chunks, name)));
    for (const name of old) rmSync(join(chunks, name), { force: true });
  }
}
