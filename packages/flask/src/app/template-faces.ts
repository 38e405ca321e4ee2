/** What Flask gives to templates is known there by Python's names, is called by Python's keywords, and prints as Python's. */
import { named, repr, tuple } from '@qilin/jinja';
import { Config } from '../base/config.ts';
import { HTTPException } from '../exceptions/http-exception.ts';
import { FileStorage } from '../forms/file-storage.ts';
import { Accept } from '../http/accept.ts';
import { Authorization } from '../http/authorization.ts';
import { CacheControl } from '../http/cache-control.ts';
import { ETags } from '../http/etags.ts';
import { MultiDict } from '../http/multi-dict.ts';
import { Range } from '../http/ranges.ts';
import { FlaskRequest } from '../request/request.ts';
import { Rule } from '../routing/rule.ts';
import { Session } from '../sessions/session.ts';
import { showAs, showByPythonNames } from '../templating/python-names.ts';
import { requireAppContext } from './context.ts';
import { Globals } from './globals.ts';

const DICT = { get: ['key', 'default'], pop: ['key', 'default'], setdefault: ['key', 'default'] };

const tuples = (entries: Iterable<readonly unknown[]>): readonly unknown[] => [...entries].map(tuple);

/** `items()` of a dictionary. */
const ITEMS = { items: (dict: { entries(): Iterable<readonly unknown[]> }) => () => tuples(dict.entries()) };

/** Directives have hyphens where Python's attributes have none. */
const directiveOf = (name: string): string => name.replaceAll('_', '-');
const secondsOf = (name: string) => (control: CacheControl) => control.seconds(directiveOf(name)) ?? null;
const isGiven = (name: string) => (control: CacheControl) => control.has(directiveOf(name));

showByPythonNames(Authorization, ETags, FileStorage, Range, Rule);
showAs(FlaskRequest, { names: { url_root: 'rootUrl', root_path: 'scriptRoot' } });
showAs(Accept, { parameters: { best_match: ['matches', 'default'] } });
// An error's name is its class here, the status in words there.
showAs(HTTPException, { names: { name: 'statusName' } });
showAs(CacheControl, {
  members: Object.fromEntries([
    ...['max_age', 'max_stale', 'min_fresh'].map((name) => [name, secondsOf(name)] as const),
    ...['no_cache', 'no_store', 'no_transform', 'only_if_cached'].map((name) => [name, isGiven(name)] as const),
  ]),
});
showAs(Config, { parameters: DICT, members: ITEMS });
showAs(Globals, {
  parameters: { ...DICT, get: ['name', 'default'] },
  text: () => `<flask.g of ${repr(requireAppContext().app.name)}>`,
});
showAs(Session, {
  names: { setdefault: 'setDefault' },
  parameters: DICT,
  members: ITEMS,
  text: (session) => `<SecureCookieSession ${repr(session.toJSON())}>`,
});
showAs(MultiDict, {
  parameters: { get: ['key', 'default', 'type'], getlist: ['key', 'type'] },
  members: {
    items: (dict) => named(['multi'], (multi = false) => tuples(multi ? dict.allEntries() : dict.entries())),
    lists: (dict) => () => tuples(Object.entries(dict.toDict({ flat: false }))),
  },
  text: (dict) => `ImmutableMultiDict(${repr(tuples(dict.allEntries()))})`,
});
