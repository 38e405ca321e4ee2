"""Rules, converters, priorities, slashes, defaults and methods."""

from flask import request
from werkzeug.routing import BaseConverter


class ListConverter(BaseConverter):
    def to_python(self, value):
        return value.split("+")

    def to_url(self, values):
        return "+".join(BaseConverter.to_url(self, value) for value in values)


class EvenConverter(BaseConverter):
    regex = r"\d*[02468]"


def show(**values):
    return {"endpoint": request.endpoint, "values": values}


def add_to(app):
    app.url_map.converters["list"] = ListConverter
    app.url_map.converters["even"] = EvenConverter

    def rule(rule, endpoint, **options):
        app.add_url_rule(rule, endpoint, show, **options)

    rule("/hello", "hello")
    rule("/int/<int:n>", "int")
    rule("/fixed/<int(fixed_digits=3):n>", "fixed")
    rule("/range/<int(min=2, max=5):n>", "range")
    rule("/signed/<int(signed=True):n>", "signed")
    rule("/float/<float:x>", "float")
    rule("/signed-float/<float(signed=True):x>", "signed_float")
    rule("/string/<s>", "string")
    rule("/two/<string(length=2):s>", "two")
    rule("/some/<string(minlength=2, maxlength=4):s>", "some")
    rule("/uuid/<uuid:u>", "uuid")
    rule("/any/<any(about, help, 'a b'):page>", "any")
    rule("/path/<path:p>", "path")
    rule("/path/<path:p>/edit", "path_edit")
    rule("/list/<list:items>", "list")
    rule("/even/<even:n>", "even")
    rule("/odd/<n>", "odd")
    rule("/range-of/<int:low>-<int:high>", "low_high")
    rule("/file/<name>.<ext>", "file")

    # The most specific one wins, in whatever order they are added.
    rule("/priority/<path:p>", "priority_path")
    rule("/priority/<s>", "priority_string")
    rule("/priority/<int:n>", "priority_int")
    rule("/priority/fixed", "priority_static")
    rule("/priority/<int:n>/<s>", "priority_int_string")
    rule("/priority/<s>/fixed", "priority_string_static")
    rule("/priority/<a>/<b>/<c>", "priority_three")

    rule("/folder/", "folder")
    rule("/folder/<name>/", "folder_name")
    rule("/leaf", "leaf")
    rule("/loose/", "loose", strict_slashes=False)
    rule("/loose-leaf", "loose_leaf", strict_slashes=False)
    rule("/both", "both_leaf")
    rule("/both/", "both_folder")
    rule("/posted/", "posted", methods=["POST"])

    rule("/pages/", "pages", defaults={"page": 1})
    rule("/pages/<int:page>", "pages")
    rule("/kept/", "kept", defaults={"kind": "all", "size": 10})
    rule("/same/a", "same")
    rule("/same/b", "same")

    rule("/get-only", "get_only")
    rule("/post-only", "post_only", methods=["POST"])
    rule("/two-methods", "two_methods", methods=["GET", "POST"])
    rule("/split", "split_get", methods=["GET"])
    rule("/split", "split_put", methods=["PUT", "DELETE"])
    rule("/own-options", "own_options", methods=["GET", "OPTIONS"])
    rule("/no-options", "no_options", provide_automatic_options=False)
    rule("/lower", "lower", methods=["get", "patch"])

    app.get("/short/get", endpoint="short_get")(show)
    app.post("/short/post", endpoint="short_post")(show)
    app.put("/short/put", endpoint="short_put")(show)
    app.patch("/short/patch", endpoint="short_patch")(show)
    app.delete("/short/delete", endpoint="short_delete")(show)

    rule("/über/<name>", "umlaut")
    rule("/with space", "space")
    rule("/with.dot", "dot")
    rule("/dot/with|dot+plus", "special")

    @app.route("/method", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def method():
        return request.method

    @app.route("/matched/<int:n>")
    def matched(n):
        return {
            "rule": request.url_rule.rule,
            "endpoint": request.endpoint,
            "args": request.view_args,
            "methods": sorted(request.url_rule.methods),
            "blueprint": request.blueprint,
        }
