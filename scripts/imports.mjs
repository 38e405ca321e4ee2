/** Who may import whom, by folder. Anything not listed is an error; cycles between files too. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { root } from './prepare.mjs';

/** @type {Readonly<Record<string, readonly string[]>>} Folder of packages/qilin/src → what its files may import. */
const ALLOWED = {
  contract: ['@qilin/picoev'],
  modules: ['contract'],
  app: ['contract', 'modules'],
  http: ['contract'],
  observe: ['contract'],
  settings: ['contract', 'modules'],
  worker: ['contract', 'modules', 'app', 'http', 'observe', '@qilin/picoev'],
  arbiter: ['contract', 'settings', 'observe', '@qilin/picoev'],
  serve: ['contract', 'settings', 'app', 'observe', 'worker', '@qilin/picoev'],
  cli: ['contract', 'settings', 'arbiter', 'observe'],
  '.': ['contract', 'settings', 'serve'],
};

/** The framework runs wherever fetch handlers do: only these files may know the server, and only lazily. */
const MAY_IMPORT_QILIN = ['run.ts'];

/** In a thread, `process.exit` ends the thread alone. */
const MAY_EXIT = [/^cli\//, /^worker\/main\.ts$/, /^worker\/threads\/main\.ts$/];

const source = join(root, 'packages/qilin/src');

/** Every `from '…'`, `import '…'` and `import('…')` of a file's text. */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\()'([^']+)'/g;

/** @returns {string[]} a sentence for each import that goes the wrong way */
export function checkImports() {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  /** @type {string[]} */
  const violations = [];
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const file of files) {
    const text = readFileSync(join(source, file), 'utf8');
    const folder = file.includes('/') ? (file.split('/')[0] ?? '.') : '.';
    const specifiers = [...text.matchAll(IMPORT)].map((match) => match[1] ?? '');
    /** @type {string[]} */
    const targets = [];
    graph.set(file, targets);
    for (const specifier of specifiers) {
      if (specifier.startsWith('.')) {
        const target = relative(source, resolve(source, dirname(file), specifier));
        targets.push(target);
        const to = target.includes('/') ? (target.split('/')[0] ?? '.') : '.';
        if (to !== folder && !ALLOWED[folder]?.includes(to)) violations.push(`${file} may not import ${target}`);
      } else if (specifier.startsWith('@qilin/') && !ALLOWED[folder]?.includes(specifier)) {
        violations.push(`${file} may not import ${specifier}`);
      }
    }
    if (/\bprocess\.exit\(/.test(text) && !MAY_EXIT.some((pattern) => pattern.test(file))) {
      violations.push(`${file} may not call process.exit: only cli/, worker/main.ts and worker/threads/main.ts may`);
    }
  }
  return [...violations, ...findCycles(graph), ...checkFlask()];
}

/** Web standards, node: builtins and its own dependencies; a file imports another for its types in a cycle at will. */
function checkFlask() {
  const folder = join(root, 'packages/flask');
  /** @type {{ dependencies: Record<string, string>, peerDependencies: Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const own = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  const files = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  /** @type {string[]} */
  const violations = [];
  for (const file of files) {
    const text = readFileSync(join(folder, 'src', file), 'utf8');
    for (const [statement, specifier = ''] of text.matchAll(IMPORT)) {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      const isLazy = statement.startsWith('import(');
      const isAllowed = name === 'qilin' ? isLazy && MAY_IMPORT_QILIN.includes(file) : own.includes(name);
      if (!isAllowed && !isTypeOnly(text, specifier))
        violations.push(`packages/flask/src/${file} may not import ${specifier}`);
    }
    if (/\bprocess\.exit\(/.test(text) && !file.startsWith('cli/'))
      violations.push(`packages/flask/src/${file} may not call process.exit`);
  }
  return violations;
}

/** @param {string} text @param {string} specifier */
const isTypeOnly = (text, specifier) =>
  text.split('\n').some((line) => line.startsWith('import type ') && line.endsWith(`from '${specifier}';`));

/**
 * @param {Map<string, string[]>} graph
 * @returns {string[]}
 */
function findCycles(graph) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const cycles = [];
  /** @param {string} file @param {string[]} path */
  const visit = (file, path) => {
    if (path.includes(file)) {
      cycles.push(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}
