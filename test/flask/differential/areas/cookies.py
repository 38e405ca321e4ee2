"""Cookies in and out."""

import datetime

from flask import jsonify, make_response, request


def add_to(app):
    @app.route("/cookies")
    def cookies():
        return jsonify(request.cookies.to_dict(flat=False))

    @app.route("/cookies/get")
    def cookies_get():
        return jsonify(request.cookies.get("a"), request.cookies.get("none", "default"))

    @app.route("/cookies/set/<name>")
    def cookies_set(name):
        response = make_response(f"set {name}")
        options = {
            "plain": {},
            "age": {"max_age": 3600},
            "delta": {"max_age": datetime.timedelta(days=1)},
            "expires": {"expires": datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)},
            "stamp": {"expires": 1900000000},
            "all": {
                "max_age": 60,
                "expires": datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
                "path": "/cookies",
                "domain": "flask.test",
                "secure": True,
                "httponly": True,
                "samesite": "Strict",
            },
            "lax": {"samesite": "Lax"},
            "lower": {"samesite": "none", "secure": True},
            "no-path": {"path": None},
            "sub-path": {"path": "/a b"},
        }[name]
        response.set_cookie(name, "value", **options)
        return response

    @app.route("/cookies/value")
    def cookies_value():
        response = make_response("ok")
        response.set_cookie("v", request.args["v"])
        return response

    @app.route("/cookies/two")
    def cookies_two():
        response = make_response("ok")
        response.set_cookie("one", "1")
        response.set_cookie("two", "2", httponly=True)
        return response

    @app.route("/cookies/delete")
    def cookies_delete():
        response = make_response("ok")
        response.delete_cookie("one")
        response.delete_cookie("two", path="/cookies", domain="flask.test")
        return response
