/** Filters of HTML, addresses and JSON. */

import { FilterArgumentError } from '../errors.ts';
import type { EvalContext } from '../runtime/calls.ts';
import { type AnyFunction, named, passEvalContext } from '../values/callable.ts';
import { dictEntries, isDict } from '../values/dicts.ts';
import { typeName } from '../values/kinds.ts';
import { isHtml, Markup } from '../values/markup.ts';
import { escapeToHtml, markupOf, str } from '../values/printing.ts';
import { reprText } from '../values/text.ts';
import { iterableOf, iterate, toList, truth } from '../values/truth.ts';
import { Undefined } from '../values/undefined.ts';
import { toJson } from './json.ts';
import { urlize } from './urlize.ts';

const quoteUrl = (value: unknown, isQuery: boolean): string => {
  const text = value instanceof Uint8Array ? new TextDecoder().decode(value) : str(value);
  const quoted = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return isQuery ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/');
};

function urlencode(value: unknown): string {
  if (typeof value === 'string' || value instanceof Markup || !iterableOf(value)) return quoteUrl(value, false);
  const pairs = isDict(value) ? dictEntries(value) : [...iterate(value)].map((pair) => toList(pair));
  return pairs.map(([key, item]) => `${quoteUrl(key, true)}=${quoteUrl(item, true)}`).join('&');
}

const xmlattr = passEvalContext(
  named(['autospace'], ({ autoescape }: EvalContext, value: unknown, autospace: unknown = true) => {
    if (value instanceof Undefined) value.fail();
    if (!isDict(value)) throw new TypeError(`'${typeName(value)}' object has no attribute 'items'`);
    const items: string[] = [];
    for (const [key, item] of dictEntries(value)) {
      if (item === null || item instanceof Undefined) continue;
      if (/[\s/>=]/.test(str(key))) throw new RangeError(`Invalid character in attribute name: ${reprText(str(key))}`);
      items.push(`${escapeToHtml(key)}="${escapeToHtml(item)}"`);
    }
    const text = (truth(autospace) && items.length > 0 ? ' ' : '') + items.join(' ');
    return autoescape ? new Markup(text) : text;
  }),
);

const SCHEME = /^[\w.+-]{2,}:\/{0,2}$/;

const urlizeFilter = passEvalContext(
  named(
    ['trim_url_limit', 'nofollow', 'target', 'rel', 'extra_schemes'],
    (
      { environment, autoescape }: EvalContext,
      value: unknown,
      limit: unknown = null,
      nofollow: unknown = false,
      target: unknown = null,
      rel: unknown = null,
      extraSchemes: unknown = null,
    ) => {
      const { urlizeRel, urlizeTarget, urlizeExtraSchemes } = environment.policies;
      const words = `${rel === null ? '' : str(rel)} ${truth(nofollow) ? 'nofollow' : ''} ${urlizeRel}`.split(/\s+/);
      const schemes = extraSchemes === null ? urlizeExtraSchemes : toList(extraSchemes).map(str);
      for (const scheme of schemes) {
        if (!SCHEME.test(scheme))
          throw new FilterArgumentError(`${reprText(scheme)} is not a valid URI scheme prefix.`);
      }
      const text = urlize(escapeToHtml(value), {
        limit: limit === null ? null : Number(limit),
        rel: [...new Set(words.filter(Boolean))].sort().join(' '),
        target: target === null ? urlizeTarget : str(target),
        schemes,
      });
      return autoescape ? new Markup(text) : text;
    },
  ),
);

const tojson = passEvalContext(
  named(['indent'], ({ environment }: EvalContext, value: unknown, indent: unknown = null) => {
    const text = toJson(value, indent === null ? null : Number(indent), environment.policies.jsonSortKeys);
    return new Markup(text.replace(/[<>&']/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`));
  }),
);

export const HTML_FILTERS: Readonly<Record<string, AnyFunction>> = {
  e: markupOf,
  escape: markupOf,
  forceescape: (value: unknown) => markupOf(isHtml(value) ? value.__html__() : str(value)),
  safe: (value: unknown) => new Markup(isHtml(value) ? value.__html__() : str(value)),
  tojson,
  urlencode,
  urlize: urlizeFilter,
  xmlattr,
};
