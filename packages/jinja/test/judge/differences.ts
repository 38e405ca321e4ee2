/** Where ours and Jinja's answers differ, each with its reason. One that no longer differs is an error. */

/** A reason, and the cases for which it is so: snippets by their line, sets by their name. */
const BY_REASON: Readonly<Record<string, readonly string[]>> = {
  'Jinja computes `~` of constants before it looks at escaping, and what is written of a constant too': [
    `{% autoescape x %}{{ '<' }}{% endautoescape %} ⟸ {"x": true}`,
    `{% autoescape x %}{{ '<' }}{% endautoescape %} ⟸ {"x": 0} ⟸ {"autoescape": true}`,
    `{% autoescape true %}{{ '<'|safe }}{{ '<'|e }}{{ '<' ~ '>' }}{{ ('<'|safe) ~ '>' }}{% endautoescape %}`,
  ],
  'Jinja writes the constant infinity as a name of Python that there is not': ['{{ 1e400|int }}'],
  'a filter block may give any value, which is printed': ['{% filter length %}abc{% endfilter %}'],
  'a JavaScript function is called with what arguments there are': ['{{ point(1) }}', '{{ add() }}'],
  'so is a test': ['{{ 1 is eq }}', '{{ 1 is sameas() }}'],
  'a class of ours has no module': ['{{ point(1, 2).z }}'],
  'Jinja names a wrong line, ours the right one': [
    '⏎{% trans⏎n=fail() %}{{ n }}{% endtrans %}',
    '⏎{% with x =⏎missing.x %}{% endwith %}',
    'extended twice',
    'test_inheritance::TestBugFix::test_double_extends 1',
    'test_async::TestAsyncForLoop::test_loop_errors 1',
    'test_core_tags::TestForLoop::test_loop_errors 1',
  ],
  'Python itself refuses what Jinja compiles, without a place; ours takes the last': ['{{ show(a=1, a=2) }}'],
  'Python itself refuses what Jinja compiles, without a place; ours names it': [
    '{% break %} ⟸ {} ⟸ {"extensions": ["loopcontrols"]}',
  ],
  'what is no name is the name of a template that is not there': ['{% include none %}', '{% include 5 %}'],
  "there are no attributes that only Python's own types have": [
    ...[8, 9, 10].map((n) => `test_api::TestUndefined::test_chainable_undefined ${n}`),
    ...[1, 2].map((n) => `test_ext::TestAutoEscape::test_volatile_scoping ${n}`),
  ],
  "a loop's own loop goes before a macro of that name": [
    '{% for x in [1] %}{% macro loop() %}1{% endmacro %}{{ loop() }}{% endfor %}',
  ],
  'methods that no template uses': [
    "{{ {}.fromkeys(['a', 'b'], 0) }}",
    '{{ (1.5).as_integer_ratio() }}',
    "{{ 'maketrans'.translate({97: 'b'}) }}",
    "{{ 'abc'.translate({97: none, 98: 'x', 99: 100}) }}",
  ],
  'JavaScript knows no characters by their names': [`{{ '\\N{BULLET}' }}`],
};

export const DIFFERENCES: ReadonlyMap<string, string> = new Map(
  Object.entries(BY_REASON).flatMap(([why, cases]) => cases.map((name): [string, string] => [name, why])),
);
