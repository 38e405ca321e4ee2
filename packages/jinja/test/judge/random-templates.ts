/** Random templates: an AST's shapes, printed as they are made. Most of them render; those that fail do so in both. */
import fc from 'fast-check';
import type { Case, Json } from './cases.ts';

type Text = fc.Arbitrary<string>;

/** What every random template is rendered with. */
export const VALUES: Readonly<Record<string, Json>> = {
  n: 3,
  f: 2.5,
  s: 'some <text> & more',
  e: '',
  l: [3, 'b', null, 1.5],
  ns: [5, 1, 4],
  d: { k: 'v', n: 2, deep: { x: [1, 2] } },
  os: [
    { name: 'ann', n: 2 },
    { name: 'Bob', n: 1 },
  ],
  m: { $markup: '<b>&amp;</b>' },
  z: null,
  t: true,
};

const TEXT_FILTERS = [
  ...[
    'capitalize',
    'center(9)',
    "d('x')",
    'e',
    'escape',
    'forceescape',
    'indent(2, true)',
    'lower',
    "replace('a', 'o')",
  ],
  ...[
    'reverse',
    'safe',
    'string',
    'striptags',
    'title',
    'trim',
    'truncate(5, true)',
    'truncate(9)',
    'upper',
    'urlencode',
  ],
  ...[
    'urlize',
    'wordwrap(6)',
    'wordcount',
    'length',
    'list',
    'first',
    'last',
    'tojson',
    'pprint',
    "default('-', true)",
  ],
  ...["format('x')", 'int', 'float(1.5)', 'unique|join', 'join("-")', 'sort', 'batch(2)|list', "map('upper')|list"],
];
const NUMBER_FILTERS = [
  'abs',
  'round',
  'round(1)',
  "round(0, 'floor')",
  'int',
  'float',
  'string',
  'filesizeformat',
  'tojson',
  'd(1)',
];
const LIST_FILTERS = [
  ...[
    'batch(2)|list',
    'slice(2)|list',
    'first',
    'last',
    'length',
    'list',
    "join(', ')",
    'reverse|list',
    'string',
    'tojson',
    'pprint',
  ],
  ...[
    "map('string')|list",
    "reject('none')|list",
    "select('number')|list",
    'select|list',
    'unique|list',
    "map('string')|sort",
    "map('upper')|list",
  ],
  ...[
    "select('string')|join",
    'count',
    'min',
    'max',
    'sort',
    'sum',
    "map('int')|sum",
    "map('default', 'x', true)|list",
  ],
];
const RECORD_FILTERS = [
  ...[
    "map(attribute='name')|list",
    "selectattr('n', 'gt', 1)|list",
    "rejectattr('n', 'odd')|list",
    "sort(attribute='n')",
    "groupby('n')",
  ],
  ...[
    "sum('n')",
    "join(',', 'name')",
    "min(attribute='n')",
    "unique('n')|list",
    'tojson',
    "sort(attribute='name', reverse=true)",
  ],
];
const TESTS = [
  ...['defined', 'undefined', 'none', 'boolean', 'true', 'false', 'integer', 'float', 'number', 'string', 'mapping'],
  ...['sequence', 'iterable', 'callable', 'lower', 'upper', 'escaped', 'eq 1', 'ne 1', 'in [1, none]', 'sameas none'],
  ...['not defined', 'not string', "eq 'a'"],
];
const TEXT_METHODS = [
  ...['.upper()', '.split()', ".replace('o', '0')", '.title()', ".count('e')", '[0]', '[-1]', '[1:]', '[::-1]', '[:2]'],
  ...['.strip()', ".startswith('s')", ".join(['p', 'q'])", ".format('x')", '.absent', ".partition(' ')", '.isalpha()'],
  ...['.center(7, "*")', '.zfill(4)', ".find('m')", '.swapcase()', ".split(' ', 1)"],
];
const LIST_METHODS = ['[0]', '[-1]', '[1:]', '[::-1]', '[:2]', '[9]', '.count(1)', '.copy()', '.absent', '[::2]'];

/** Expressions by what they give, so that most of them work; `any` may be of any kind, and need not. */
const { list, truth, any } = fc.letrec<Record<'number' | 'text' | 'list' | 'truth' | 'any', string>>((tie) => ({
  number: choose(
    ['0', '1', '2', '7', '-3', '1.0', '0.5', '1e3', 'n', 'f', 'ns[0]', 'd.n', 'true', 's|length', 'ns|sum', 'ns|max'],
    join(tie('number'), fc.constantFrom(' + ', ' - ', ' * ', '+'), tie('number')),
    join('(', tie('number'), fc.constantFrom(' / ', ' // ', ' % '), fc.constantFrom('2', '1.5', '-3', 'n'), ')'),
    join('(', tie('number'), ')|', fc.constantFrom(...NUMBER_FILTERS.slice(0, 6))),
    join('-', fc.constantFrom('n', 'f', '2')),
    join(fc.constantFrom('2', 'n', '0.5'), ' ** ', fc.constantFrom('2', '3', '-1', '0.5')),
    join('(', tie('text'), ')|length'),
  ),
  text: choose(
    ["''", "'a'", '"b c"', "'<&>'", "'é😀'", '"it\'s"', "'%s'", "'{}'", "'a\\nb'", 's', 'e', 'm', 'd.k', 'os[0].name'],
    join('(', tie('text'), ')|', fc.constantFrom(...TEXT_FILTERS.slice(0, 22))),
    join('(', tie('text'), ' ~ ', tie('any'), ')'),
    join(tie('text'), ' + ', tie('text')),
    join('(', tie('any'), ')|string'),
    join('(', tie('list'), ")|join('", fc.constantFrom(', ', '', '<'), "')"),
    join('(', tie('text'), ')[', fc.constantFrom('1:', ':2', '::-1', '-3:', '::2'), ']'),
    join('(', tie('text'), ' if ', tie('truth'), ' else ', tie('text'), ')'),
  ),
  list: choose(
    [
      'l',
      'ns',
      '[]',
      '[1, 2]',
      "['a', 'B', 'a']",
      '(1,)',
      'range(3)',
      'd.deep.x',
      "'xyz'|list",
      'd|list',
      '[none, true]',
    ],
    join('[', tie('any'), ', ', tie('any'), ']'),
    join('(', tie('any'), ', ', tie('any'), ')'),
    join(
      '(',
      tie('list'),
      ')|',
      fc.constantFrom('list', 'reverse|list', "map('string')|list", 'unique|list', 'select|list'),
    ),
    join('(', tie('list'), ')[', fc.constantFrom('1:', ':2', '::-1', '-1:'), ']'),
    join('(', tie('list'), ')|list + (', tie('list'), ')|list'),
  ),
  truth: choose(
    ['true', 'false', 't', 'missing', 'none', 'l', 'e', 's', 'n'],
    join(tie('number'), fc.constantFrom(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != '), tie('number')),
    join(tie('text'), fc.constantFrom(' < ', ' == ', ' != ', ' in ', ' not in '), tie('text')),
    join(tie('number'), ' in ', fc.constantFrom('l', 'ns', '[1, 2.0]', 'range(9)')),
    join('(', tie('any'), ') == (', tie('any'), ')'),
    join('not ', tie('truth')),
    join('(', tie('truth'), fc.constantFrom(' and ', ' or '), tie('truth'), ')'),
    join('(', tie('any'), ') is ', fc.constantFrom(...TESTS)),
    join(tie('number'), ' is ', fc.constantFrom('odd', 'even', 'divisibleby 2', 'lt 2', 'ge 1', 'in [1, 2]')),
    join(fc.constantFrom('0', 'n'), ' < ', tie('number'), ' <= ', fc.constantFrom('7', 'f')),
  ),
  any: choose(
    ['missing', 'z', 'd', 'x', 'y', '(loop is defined)', 'd.absent', "{'a': 1, 2: [none]}", 'd.deep', 'os'],
    tie('number'),
    tie('text'),
    tie('list'),
    tie('truth'),
    join('(', tie('text'), ')|', fc.constantFrom(...TEXT_FILTERS)),
    join('(', tie('list'), ')|', fc.constantFrom(...LIST_FILTERS)),
    join('(', tie('number'), ')|', fc.constantFrom(...NUMBER_FILTERS)),
    join('os|', fc.constantFrom(...RECORD_FILTERS)),
    join('(', tie('text'), ')', fc.constantFrom(...TEXT_METHODS)),
    join('(', tie('list'), ')', fc.constantFrom(...LIST_METHODS)),
    join('(', tie('any'), ' if ', tie('truth'), ')'),
    join("{'a': ", tie('any'), ', 2: ', tie('any'), '}'),
    join(
      'd',
      fc.constantFrom('.items()', '.keys()', '.values()|list', ".get('k')", "['k']", '|dictsort', '|items|list'),
    ),
    join('(', tie('any'), ' or ', tie('any'), ')'),
  ),
}));

/** One of the leaves, or at less depth one of the shapes. */
function choose(leaves: readonly string[], ...shapes: readonly Text[]): Text {
  const weight = Math.ceil(shapes.length / 1.2);
  return fc.oneof({ maxDepth: 3, depthSize: 'xsmall' }, { weight, arbitrary: fc.constantFrom(...leaves) }, ...shapes);
}

const expression: Text = any;

const raw: Text = fc.constantFrom('a', ' b ', '\n', '\n  ', '<p>', '&', ' ', '  \n\n', 'é', '}', '{ ', '% ', '#', '"');

const IN_LOOPS = fc.constantFrom(
  '',
  '',
  '{{ loop.index }}',
  '{{ loop.last }}',
  "{{ loop.cycle('o', 'e') }}",
  '{{ loop.length }}',
);

const open: Text = fc.constantFrom('{%', '{%', '{%', '{%-', '{%+');
const close: Text = fc.constantFrom(' %}', ' %}', ' %}', ' -%}', '\n%}');

const { body } = fc.letrec<{ body: string; statement: string }>((tie) => ({
  body: fc.array(tie('statement'), { minLength: 1, maxLength: 4, size: 'small' }).map((parts) => parts.join('')),
  statement: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    { weight: 5, arbitrary: raw },
    { weight: 7, arbitrary: join('{{ ', expression, ' }}') },
    { weight: 1, arbitrary: join('{{- ', expression, ' -}}') },
    { weight: 1, arbitrary: join('{#', fc.constantFrom('', '-'), ' c ', fc.constantFrom('', '-'), '#}') },
    { weight: 2, arbitrary: block('if', truth, tie('body')) },
    { weight: 2, arbitrary: block('if', truth, join(tie('body'), '{% else %}', tie('body'))) },
    { weight: 1, arbitrary: block('if', truth, join(tie('body'), '{% elif ', truth, ' %}', tie('body'))) },
    { weight: 2, arbitrary: loop('x in ', list, tie('body')) },
    { weight: 1, arbitrary: loop('x in ', join(fc.constantFrom('l', 'ns', 'os'), ' if x'), tie('body')) },
    {
      weight: 1,
      arbitrary: loop('x, y in ', fc.constantFrom('d|dictsort', 'd.items()', "[(1, 2), 'ab']"), tie('body')),
    },
    { weight: 2, arbitrary: join(open, ' set ', fc.constantFrom('x', 'y', 'n'), ' = ', expression, close) },
    { weight: 1, arbitrary: join('{% set y %}', tie('body'), '{% endset %}') },
    {
      weight: 1,
      arbitrary: block('with', fc.constantFrom('x = 1', 'x = s, y = x', 'y = l', 'x = d.deep'), tie('body')),
    },
    { weight: 1, arbitrary: block('filter', fc.constantFrom('upper', 'trim', 'e', "replace('a', '<')"), tie('body')) },
    { weight: 1, arbitrary: block('autoescape', fc.constantFrom('true', 'false'), tie('body')) },
    {
      weight: 1,
      arbitrary: join('{% macro one(x, y=n) %}', tie('body'), '{% endmacro %}{{ one(', expression, ') }}'),
    },
    {
      weight: 1,
      arbitrary: join(
        '{% macro two() %}{{ caller(1) }}{% endmacro %}{% call(x) two() %}',
        tie('body'),
        '{% endcall %}',
      ),
    },
  ),
}));

/** Templates with options and values: the cases that both render. */
export const randomCase: fc.Arbitrary<Case> = fc
  .tuple(
    body,
    fc.constantFrom(false, true),
    fc.constantFrom(false, false, true),
    fc.constantFrom('default', 'default', 'debug'),
  )
  .map(([template, autoescape, isTrimmed, kind]) => ({
    name: template,
    main: 'main',
    files: { main: template },
    values: VALUES,
    options: { autoescape, trimBlocks: isTrimmed, lstripBlocks: isTrimmed, undefined: kind },
  }));

function join(...parts: readonly (Text | string)[]): Text {
  const arbitraries = parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part));
  return fc.tuple(...arbitraries).map((texts) => texts.join(''));
}

function block(tag: string, head: Text, inner: Text): Text {
  return join(open, ` ${tag} `, head, close, inner, open, ` end${tag}`, close);
}

function loop(target: string, items: Text, inner: Text): Text {
  return block('for', join(target, items), join(IN_LOOPS, inner));
}
