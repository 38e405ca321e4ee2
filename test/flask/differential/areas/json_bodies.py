"""JSON in and out."""

import datetime
import uuid

from flask import jsonify, request


def add_to(app):
    @app.post("/json/echo")
    def json_echo():
        return jsonify(request.json)

    @app.post("/json/get")
    def json_get():
        options = {name: name in request.args for name in ("force", "silent")}
        return jsonify(got=request.get_json(**options))

    @app.post("/json/is")
    def json_is():
        return jsonify(is_json=request.is_json, mimetype=request.mimetype)

    @app.post("/json/type")
    def json_type():
        value = request.get_json()
        return jsonify(isinstance(value, dict), isinstance(value, list), value is None)

    @app.post("/json/data")
    def json_data():
        return {"data": request.get_data(as_text=True), "json": request.get_json(silent=True)}

    @app.route("/json/keys")
    def json_keys():
        return {"zebra": 1, "apple": {"y": 1, "x": 2}, "Mango": [3, 2, 1], "ä": 1}

    @app.route("/json/text")
    def json_text():
        return {"text": "Grüße \u2028 </script> \U0001f984 \"quoted\" \\ \x01\x7f", "tab": "\t\n\r\b\f"}

    @app.route("/json/values")
    def json_values():
        return jsonify([None, True, False, 0, -1, 1.5, 1e21, 12345678901, "", [], {}])

    @app.route("/json/list")
    def json_list():
        return [1, {"b": 2, "a": 1}]

    @app.route("/json/kwargs")
    def json_kwargs():
        return jsonify(b=2, a=1)

    @app.route("/json/args")
    def json_args():
        return jsonify(1, "two", None)

    @app.route("/json/empty")
    def json_empty():
        return jsonify()

    @app.route("/json/none")
    def json_none():
        return jsonify(None)

    @app.route("/json/string")
    def json_string():
        return jsonify("text")

    @app.route("/json/date")
    def json_date():
        return jsonify(
            at=datetime.datetime(2024, 2, 29, 12, 30, 15, tzinfo=datetime.timezone.utc),
            id=uuid.UUID("12345678-1234-5678-1234-567812345678"),
        )

    @app.route("/json/status")
    def json_status():
        return {"made": True}, 201, {"X-Made": "yes"}
