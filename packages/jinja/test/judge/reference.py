"""Renders the cases that come as JSON on stdin by Jinja itself, and prints what came of each as JSON."""

import json
import sys

from jinja2 import ChainableUndefined, DebugUndefined, Environment, StrictUndefined, Undefined
from jinja2 import BaseLoader, TemplateNotFound, TemplateSyntaxError, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment
from markupsafe import Markup

UNDEFINED = {
    "default": Undefined,
    "strict": StrictUndefined,
    "chainable": ChainableUndefined,
    "debug": DebugUndefined,
}

OPTIONS = {
    "blockStartString": "block_start_string",
    "blockEndString": "block_end_string",
    "variableStartString": "variable_start_string",
    "variableEndString": "variable_end_string",
    "commentStartString": "comment_start_string",
    "commentEndString": "comment_end_string",
    "lineStatementPrefix": "line_statement_prefix",
    "lineCommentPrefix": "line_comment_prefix",
    "trimBlocks": "trim_blocks",
    "lstripBlocks": "lstrip_blocks",
    "newlineSequence": "newline_sequence",
    "keepTrailingNewline": "keep_trailing_newline",
}


class Files(BaseLoader):
    """Templates by name; unlike DictLoader it names a file, by which a traceback tells of templates."""

    def __init__(self, files):
        self.files = files

    def get_source(self, environment, template):
        if template not in self.files:
            raise TemplateNotFound(template)
        return self.files[template], template, lambda: True


class Point:
    """What an app hands to templates: attributes and a method, nothing by item."""

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, dx=0, dy=0):
        return Point(self.x + dx, self.y + dy)

    def __str__(self):
        return f"<{self.x},{self.y}>"


def fail(message="failed"):
    raise ValueError(message)


GLOBALS = {
    "add": lambda a, b=10: a + b,
    "fail": fail,
    "show": lambda *args, **kwargs: [*args, kwargs],
    "point": Point,
}
FILTERS = {"shout": lambda value, mark="!": str(value).upper() + mark}
TESTS = {"longer": lambda value, than=3: len(value) > than}
FINALIZERS = {"none-empty": lambda value: "" if value is None else value, "brackets": lambda value: f"[{value}]"}


ENVIRONMENTS = {}


def environment(case):
    """One for each set of options: most cases share theirs."""
    key = json.dumps(case["options"], sort_keys=True)
    if key not in ENVIRONMENTS:
        ENVIRONMENTS[key] = make_environment(dict(case["options"]))
    made = ENVIRONMENTS[key]
    made.loader = Files(case["files"])
    made.cache.clear()
    return made


def make_environment(options):
    arguments = {OPTIONS[name]: options.pop(name) for name in list(options) if name in OPTIONS}
    kind = {True: SandboxedEnvironment, "immutable": ImmutableSandboxedEnvironment}
    autoescape = options.pop("autoescape", False)
    finalize = options.pop("finalize", None)
    translations = options.pop("translations", {})
    newstyle = options.pop("newstyle", False)
    policies = options.pop("policies", {})
    made = kind.get(options.pop("sandboxed", False), Environment)(
        **arguments,
        autoescape=select_autoescape() if autoescape == "select" else autoescape,
        undefined=UNDEFINED[options.pop("undefined", "default")],
        extensions=[f"jinja2.ext.{name}" for name in options.pop("extensions", ())],
        finalize=FINALIZERS.get(finalize),
    )
    if options:
        raise AssertionError(f"unknown options: {options}")
    made.policies.update(policies)
    made.globals.update(GLOBALS)
    made.filters.update(FILTERS)
    made.tests.update(TESTS)
    if hasattr(made, "install_gettext_callables"):
        made.install_gettext_callables(
            lambda text: translations.get(text, text),
            lambda one, many, n: translations.get(one, one) if n == 1 else translations.get(many, many),
            newstyle=newstyle,
            pgettext=lambda context, text: translations.get(f"{context}|{text}", text),
            npgettext=lambda context, one, many, n: translations.get(f"{context}|{one if n == 1 else many}", one if n == 1 else many),
        )
    return made


def value(plain):
    """JSON has no Markup: {"$markup": text} is one."""
    if isinstance(plain, list):
        return [value(item) for item in plain]
    if isinstance(plain, dict):
        if list(plain) == ["$markup"]:
            return Markup(plain["$markup"])
        return {key: value(item) for key, item in plain.items()}
    return plain


def place(error, names):
    """The template and the line where it happened."""
    if isinstance(error, TemplateSyntaxError):
        return [error.name, error.lineno]
    found = [None, None]
    traceback = error.__traceback__
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if filename in names:
            found = [filename, traceback.tb_lineno]
        traceback = traceback.tb_next
    return found


def answer(case):
    try:
        template = environment(case).get_template(case["main"])
        return {"text": template.render(value(case["values"]))}
    except Exception as error:
        template, line = place(error, case["files"])
        return {"error": type(error).__name__, "template": template, "line": line, "message": str(error)}


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
