"""url_for."""

from flask import jsonify, url_for
from werkzeug.routing import BuildError


def link(*args, **values):
    try:
        return url_for(*args, **values)
    except BuildError:
        return "no such URL"
    except ValueError:
        return "no such value"


def add_to(app):
    @app.route("/links/<int:n>")
    def links_here(n):
        return jsonify(url_for("links_here", n=n + 1))

    @app.route("/links")
    def links():
        return jsonify(
            [
                link("hello"),
                link("int", n=5),
                link("int", n=5, q="a b&c", other=None),
                link("string", s="a/b c"),
                link("string", s="ä?#%&+"),
                link("path", p="a/b c/ä"),
                link("float", x=1.5),
                link("fixed", n=7),
                link("any", page="help"),
                link("list", items=["a", "b c"]),
                link("uuid", u="12345678-1234-5678-1234-567812345678"),
                link("low_high", low=1, high=2),
                link("file", name="a", ext="txt"),
                link("folder"),
                link("pages", page=1),
                link("pages", page=2),
                link("kept"),
                link("static", filename="plain.txt"),
                link("static", filename="sub/a b.txt"),
                link("hello", _anchor="a b"),
                link("hello", _external=True),
                link("hello", _external=True, _scheme="https"),
                link("hello", _scheme="https"),
                link("hello", _method="POST"),
                link("split_get", _method="PUT"),
                link("hello", tags=["a", "b"]),
                link("hello", q="", z=0, y=True),
                link("umlaut", name="ö"),
                link("space"),
                link("nowhere"),
                link("int"),
                link("any", page="nothing"),
            ]
        )
