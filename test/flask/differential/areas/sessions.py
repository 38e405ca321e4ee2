"""The session cookie and flashed messages."""

import datetime
import uuid

from flask import flash, get_flashed_messages, jsonify, request, session
from markupsafe import Markup


def add_to(app):
    @app.route("/session")
    def session_show():
        return jsonify(dict(session))

    @app.route("/session/set")
    def session_set():
        for key, value in request.args.items():
            session[key] = value
        return "ok"

    @app.route("/session/values")
    def session_values():
        session["number"] = 42
        session["float"] = 1.5
        session["list"] = [1, "two", None, True]
        session["dict"] = {"b": {"c": 1}, "a": "Grüße"}
        session["date"] = datetime.datetime(2024, 2, 29, 12, 30, 15, tzinfo=datetime.timezone.utc)
        session["uuid"] = uuid.UUID("12345678-1234-5678-1234-567812345678")
        session["bytes"] = b"\x00\xff bytes"
        return "ok"

    @app.route("/session/tagged")
    def session_tagged():
        session["tag-like"] = {" t": [1, 2]}
        session["tuple"] = ["not", "a tuple"]
        return "ok"

    @app.route("/session/types")
    def session_types():
        data = session["bytes"]
        return jsonify(
            number=session["number"] + 1,
            date=session["date"].isoformat() if hasattr(session["date"], "isoformat") else None,
            uuid=str(session["uuid"]),
            bytes=list(data),
            text=session["dict"]["a"],
        )

    @app.route("/session/count")
    def session_count():
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    @app.route("/session/pop")
    def session_pop():
        return jsonify(session.pop("a", None))

    @app.route("/session/clear")
    def session_clear():
        session.clear()
        return "ok"

    @app.route("/session/permanent")
    def session_permanent():
        session.permanent = True
        session["a"] = "kept"
        return jsonify(session.permanent)

    @app.route("/session/nested")
    def session_nested():
        session.setdefault("items", [])
        session["items"].append(len(session["items"]))
        session.modified = "modified" in request.args
        return jsonify(session["items"])

    @app.route("/session/state")
    def session_state():
        return jsonify(session.new, session.permanent, session.modified, session.accessed)

    @app.route("/session/large")
    def session_large():
        session["text"] = "abc" * 300
        return "ok"

    @app.route("/session/untouched")
    def session_untouched():
        return "ok"

    @app.route("/flash")
    def flash_one():
        flash("Hello <you>")
        flash("Careful", "warning")
        flash("Grüße", category="info")
        return "ok"

    @app.route("/flash/markup")
    def flash_markup():
        flash(Markup("<b>bold</b>"))
        return "ok"

    @app.route("/flashed")
    def flashed():
        return jsonify(get_flashed_messages())

    @app.route("/flashed/categories")
    def flashed_categories():
        return jsonify(get_flashed_messages(with_categories=True))

    @app.route("/flashed/filter")
    def flashed_filter():
        return jsonify(get_flashed_messages(category_filter=["warning"]))

    @app.route("/flashed/twice")
    def flashed_twice():
        return jsonify(get_flashed_messages(), get_flashed_messages())
