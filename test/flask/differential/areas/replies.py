"""What a view may return, redirects, and the hooks around it."""

from flask import (
    Response,
    after_this_request,
    g,
    make_response,
    redirect,
    request,
    stream_with_context,
    url_for,
)


def add_to(app):
    @app.route("/reply/<kind>")
    def reply(kind):
        return {
            "text": lambda: "Grüße <b>",
            "empty": lambda: "",
            "bytes": lambda: b"\x00\xff",
            "dict": lambda: {"b": 1, "a": 2},
            "list": lambda: [1, 2],
            "status": lambda: ("made", 201),
            "headers": lambda: ("text", {"X-One": "1", "Content-Type": "text/plain"}),
            "header-list": lambda: ("text", [("X-One", "1"), ("X-One", "2")]),
            "all": lambda: ("text", 202, {"X-One": "1"}),
            "dict-all": lambda: ({"a": 1}, 202, {"X-One": "1"}),
            "status-text": lambda: ("text", "299 Odd"),
            "no-content": lambda: ("", 204),
            "not-modified": lambda: ("", 304),
            "response": lambda: Response("mine", status=203, mimetype="text/css"),
            "response-status": lambda: (Response("mine", mimetype="text/css"), 404),
            "response-headers": lambda: (Response("mine", headers={"X-One": "1"}), {"X-One": "2", "X-Two": "2"}),
            "json-type": lambda: Response('{"a":1}', mimetype="application/json"),
            "charset": lambda: Response("x", content_type="text/plain; charset=latin1"),
            "binary-type": lambda: Response("x", mimetype="application/octet-stream"),
            "xml-type": lambda: Response("<a/>", mimetype="application/xml"),
            "js-type": lambda: Response("1", mimetype="application/javascript"),
            "svg-type": lambda: Response("<svg/>", mimetype="image/svg+xml"),
            "generator": lambda: (str(n) for n in range(5)),
            "generator-all": lambda: ((str(n) for n in range(5)), 201, {"X-One": "1"}),
            "none": lambda: None,
            "number": lambda: 42,
        }[kind]()

    @app.route("/reply/streamed")
    def streamed():
        def pieces():
            yield "path "
            yield request.path
            yield " q "
            yield request.args.get("q", "-")

        return stream_with_context(pieces())

    @app.route("/reply/wsgi-headers")
    def reply_made():
        response = make_response("made", 200)
        response.headers["X-One"] = "1"
        response.headers.add("X-Many", "a")
        response.headers.add("X-Many", "b")
        response.content_type = "text/plain; charset=utf-8"
        return response

    @app.route("/redirect")
    def redirect_to():
        return redirect(request.args["to"], code=int(request.args.get("code", "302")))

    @app.route("/redirect/for")
    def redirect_for():
        return redirect(url_for("int", n=1, q="a b"), 303)

    @app.route("/header")
    def header():
        return "ok", {"X-Value": request.args["v"]}

    @app.before_request
    def before():
        g.order = ["before"]
        if request.path == "/hooks/stopped":
            return "stopped before the view", 401

    @app.before_request
    def before_second():
        g.order.append("before-second")

    @app.after_request
    def after(response):
        if request.path.startswith("/hooks"):
            response.headers["X-Order"] = ",".join(g.order)
        return response

    @app.after_request
    def after_second(response):
        g.order.append("after-second")
        return response

    torn_down = []

    @app.teardown_request
    def teardown(error):
        if request.path.startswith("/hooks") and request.path != "/hooks/teardowns":
            torn_down.append([request.path, None if error is None else str(error)])

    @app.route("/hooks")
    def hooks():
        g.order.append("view")
        return "view"

    @app.route("/hooks/crash")
    def hooks_crash():
        raise ValueError("torn")

    @app.route("/hooks/stopped")
    def hooks_stopped():
        return "never"

    @app.route("/hooks/this")
    def hooks_this():
        @after_this_request
        def add(response):
            response.headers["X-This"] = "once"
            return response

        return "this"

    @app.route("/hooks/teardowns")
    def hooks_teardowns():
        seen = list(torn_down)
        torn_down.clear()
        return seen
