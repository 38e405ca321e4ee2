/** One dialect of what is private: `#name`, in @qilin/flask, its extensions and @qilin/jinja. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTENSIONS, root } from './prepare.mjs';

/** `private x` or `_x` among the members of a class or an interface. A constructor cannot be private otherwise. */
const OTHER =
  /^\s+(?:(private)\s+(?!constructor\b)|(?:(?:static|readonly|async|protected|override)\s+)*(_[a-z]\w*)\s*[=:(?;])/gm;

/** Names of Python's, under which something lies in `g` or among a URL's values. */
const OF_PYTHON = new Set(['_login_user', '_login_loaded', '_external', '_anchor', '_scheme', '_method']);

/** @returns {string[]} a sentence for each member that is private in another way */
export function checkDialect() {
  return ['flask', 'jinja', ...EXTENSIONS].flatMap((name) => {
    const folder = join(root, 'packages', name, 'src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    return files.flatMap((file) =>
      othersIn(readFileSync(join(folder, file), 'utf8')).map(
        (found) => `packages/${name}/src/${file}: members are private by #name, not by ${found}`,
      ),
    );
  });
}

/** @param {string} text @returns {string[]} */
export const othersIn = (text) =>
  [...text.replaceAll(/\/\*[\s\S]*?\*\//g, '').matchAll(OTHER)]
    .map(([, keyword, member = '']) => keyword ?? member)
    .filter((found) => !OF_PYTHON.has(found));
