"""abort, HTTP exceptions, and who handles what."""

from flask import Response, abort, jsonify, make_response, request
from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    Gone,
    HTTPException,
    MethodNotAllowed,
    NotFound,
    RequestedRangeNotSatisfiable,
    ServiceUnavailable,
    TooManyRequests,
    Unauthorized,
)
from werkzeug.datastructures import WWWAuthenticate


class Broken(Exception):
    pass


class MoreBroken(Broken):
    pass


class Teapot(HTTPException):
    code = 418
    description = "Ours <is> short & stout"


def add_to(app):
    @app.route("/abort/<int:code>")
    def abort_with(code):
        abort(code)

    @app.route("/abort-text/<int:code>")
    def abort_with_text(code):
        abort(code, request.args.get("text", "No <b>luck</b> & more"))

    @app.route("/abort-response")
    def abort_response():
        abort(make_response("as I said", 403))

    @app.route("/abort-plain-response")
    def abort_plain_response():
        abort(Response("plain", status=409, mimetype="text/plain"))

    @app.route("/raise/<name>")
    def raise_named(name):
        raise {
            "gone": lambda: Gone("It <went>"),
            "not-found": NotFound,
            "bad": lambda: BadRequest("not\nlike this"),
            "conflict": lambda: Conflict(response=make_response("my conflict", 409)),
            "teapot": Teapot,
            "unauthorized": lambda: Unauthorized(www_authenticate=WWWAuthenticate("basic", {"realm": "here"})),
            "too-many": lambda: TooManyRequests(retry_after=30),
            "unavailable": lambda: ServiceUnavailable(retry_after=60),
            "range": lambda: RequestedRangeNotSatisfiable(length=10),
            "method": lambda: MethodNotAllowed(["GET", "PUT"]),
        }[name]()

    @app.route("/crash")
    def crash():
        raise RuntimeError("secret-of-the-stack")

    @app.route("/broken")
    def broken():
        raise Broken("one")

    @app.route("/more-broken")
    def more_broken():
        raise MoreBroken("two")

    @app.route("/key-error")
    def key_error():
        return request.form["missing"]

    @app.errorhandler(Broken)
    def on_broken(error):
        return {"handled": "Broken", "error": str(error)}, 502

    @app.errorhandler(410)
    def on_gone(error):
        return f"gone: {error.code} {error.name}: {error.description}", 410

    @app.errorhandler(TooManyRequests)
    def on_too_many(error):
        response = error.get_response()
        response.headers["X-Handled"] = "yes"
        return response

    @app.errorhandler(422)
    def on_unprocessable(error):
        return jsonify(code=error.code, name=error.name, description=error.description), 422

    @app.errorhandler(451)
    def on_legal(error):
        raise NotFound("hidden by the handler")
