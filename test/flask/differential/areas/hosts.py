"""Subdomains, and URLs with a SERVER_NAME."""

from flask import Blueprint, request, session, url_for


def add_to(app):
    @app.route("/")
    def root():
        return "root"

    @app.route("/", subdomain="api")
    def api():
        return "api"

    @app.route("/", subdomain="<user>")
    def user_page(user):
        return f"page of {user}"

    @app.route("/items/<int:n>", subdomain="api")
    def item(n):
        return {"n": n, "host": request.host, "endpoint": request.endpoint}

    @app.route("/session")
    def session_count():
        session.permanent = True
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    @app.route("/session/show")
    def session_show():
        return str(session.get("count"))

    @app.route("/session/clear")
    def session_clear():
        session.clear()
        return "ok"

    @app.route("/links")
    def links():
        return [
            url_for("root"),
            url_for("api"),
            url_for("item", n=3),
            url_for("user_page", user="ada"),
            url_for("root", _external=True),
            url_for("root", _external=True, _scheme="https"),
        ]


def add_matching_to(app):
    @app.route("/", host="matching.test")
    def home():
        return "home"

    @app.route("/", host="<name>.matching.test")
    def of_name(name):
        return f"of {name}"

    @app.route("/slash/", host="www.matching.test")
    def slash():
        return "slash"

    @app.route("/links", host="matching.test")
    def match_links():
        return [url_for("home"), url_for("of_name", name="ada"), url_for("slash"), url_for("home", _external=True)]


def add_named_to(app):
    """With a SERVER_NAME, but neither of both."""
    nested = Blueprint("nested", __name__, subdomain="inner")

    @nested.route("/nested")
    def nested_index():
        return "nested"

    outer = Blueprint("outer", __name__, subdomain="outer")
    outer.register_blueprint(nested)
    app.register_blueprint(outer)

    @app.route("/")
    def named():
        return [request.host, request.host_url, url_for("named"), url_for("named", _external=True)]

    @app.route("/slash/")
    def named_slash():
        return "slash"

    @app.route("/session")
    def named_session():
        session["a"] = 1
        return url_for("outer.nested.nested_index", _external=True)

    @app.route("/options", methods=["GET", "POST"])
    def named_options():
        return request.method
