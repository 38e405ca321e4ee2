/**
 * The packages' JavaScript from their TypeScript, bundled: a worker, or a thread, begins with a dozen files instead of a hundred, for
 * three fifths of the CPU. Files that are begun with keep their place and name; what they share lies in dist/chunks.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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

/** The dashboard's page: for a browser, with what it draws by. @param {string} root */
async function bundlePage(root) {
  const folder = join(root, 'packages/qilin');
  await build({
    absWorkingDir: folder,
    entryPoints: [
      { in: 'src/page/main.ts', out: 'page' },
      { in: 'src/page/page.css', out: 'page' },
    ],
    outdir: 'dist/page',
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    banner: { js: '/*! With uPlot, Copyright (c) Leon Sorokin, MIT licence: https://github.com/leeoniya/uPlot */' },
    logLevel: 'warning',
  });
  copyFileSync(join(folder, 'src/page/index.html'), join(folder, 'dist/page/index.html'));
}

/** @param {string} root Of the repository. */
export async function bundle(root) {
  await bundlePage(root);
  for (const [name, entries] of Object.entries(ENTRIES)) {
    const folder = join(root, 'packages', name);
    const { metafile } = await build({
      absWorkingDir: folder,
      entryPoints: entries.map((entry) => `src/${entry}.ts`),
      outbase: 'src',
      outdir: 'dist',
      // One folder deep, as nearly all of src is: paths relative to a source file hold for its chunk.
      chunkNames: 'chunks/[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.11',
      packages: 'external',
      sourcemap: true,
      sourcesContent: false,
      metafile: true,
      logLevel: 'warning',
    });
    const chunks = join(folder, 'dist/chunks');
    mkdirSync(chunks, { recursive: true });
    const made = new Set(Object.keys(metafile.outputs).map((path) => join(folder, path)));
    for (const name of readdirSync(chunks)) if (!made.has(join(chunks, name))) rmSync(join(chunks, name));
  }
}
