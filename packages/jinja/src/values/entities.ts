/** The named entities of HTML 4 that texts have: those of Latin-1, in their order, punctuation, arrows and a few signs. */

const LATIN_1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para ' +
  'middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute ' +
  'Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml ' +
  'Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml ' +
  'eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml';

const OTHERS =
  'amp & lt < gt > quot " apos \' ensp \u2002 emsp \u2003 thinsp \u2009 ndash – mdash — lsquo ‘ rsquo ’ sbquo ‚ ldquo “ rdquo ” ' +
  'bdquo „ dagger † Dagger ‡ bull • hellip … permil ‰ prime ′ Prime ″ lsaquo ‹ rsaquo › euro € trade ™ larr ← uarr ↑ rarr → ' +
  'AMP & LT < GT > QUOT " COPY © REG ® darr ↓ harr ↔ minus − infin ∞ asymp ≈ ne ≠ equiv ≡ le ≤ ge ≥ OElig Œ oelig œ Scaron Š scaron š Yuml Ÿ fnof ƒ';

export const LATIN_1_NAMES: readonly string[] = LATIN_1.split(' ');

const pairs = OTHERS.split(' ');

export const ENTITIES: ReadonlyMap<string, string> = new Map([
  ...LATIN_1_NAMES.map((name, i): [string, string] => [name, String.fromCharCode(0xa0 + i)]),
  ...pairs.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, pairs[i + 1] ?? '']] : [])),
]);
