/** The kinds of settings that say which files are given before the app is asked. */
import { bad, type Checked, good, type Kind, scalar } from './kinds.ts';
import { mapping } from './list-kinds.ts';

/** Beginnings of paths, each with a folder. The one of all paths is `/`. */
export function mounts(): ReturnType<typeof mapping> {
  return mapping({
    expected: 'PATH=FOLDER, such as /assets=./public: the path begins with a slash and has no escapes',
    placeholder: 'PATH=FOLDER',
    name: (text) =>
      text === '/' ? text : /^(?:\/[\w.~!$&'()*+,;:@-]+)+\/?$/.test(text) ? text.replace(/\/$/, '') : undefined,
  });
}

/** A file below a folder that is not known yet. */
export function fileBelow(): Kind<string> {
  const isPlain = (name: string): boolean => name !== '' && !name.startsWith('.');
  const read = (value: unknown): Checked<string> =>
    typeof value === 'string' && value.split('/').every(isPlain) && !/[\0\\]/.test(value) ? good(value) : bad(value);
  return scalar({
    expected: 'the path of a file from the folder on, such as index.html',
    placeholder: 'FILE',
    schema: { type: 'string', minLength: 1 },
    read,
    check: read,
  });
}
