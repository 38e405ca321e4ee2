"""Static files, sendFile and sendFromDirectory."""

import io
from pathlib import Path

from flask import request, send_file, send_from_directory

SITE = Path(__file__).parent.parent / "site"


def add_to(app):
    @app.route("/download/<path:name>")
    def download(name):
        return send_from_directory(SITE / "static", name)

    @app.route("/attachment/<path:name>")
    def attachment(name):
        return send_from_directory(SITE / "static", name, as_attachment=True)

    @app.route("/named")
    def named():
        return send_file(SITE / "static/plain.txt", as_attachment=True, download_name=request.args["as"])

    @app.route("/inline-named")
    def inline_named():
        return send_file(SITE / "static/plain.txt", download_name=request.args["as"])

    @app.route("/typed")
    def typed():
        return send_file(SITE / "static/plain.txt", mimetype="application/x-own")

    @app.route("/aged")
    def aged():
        return send_file(SITE / "static/plain.txt", max_age=60)

    @app.route("/unconditional")
    def unconditional():
        return send_file(SITE / "static/plain.txt", conditional=False, etag=False)

    @app.route("/own-etag")
    def own_etag():
        return send_file(SITE / "static/plain.txt", etag="v1")

    @app.route("/from-memory")
    def from_memory():
        return send_file(io.BytesIO(b"in memory"), download_name="memory.txt")

    @app.route("/large-file")
    def large_file():
        return send_file(SITE.parent.parent.parent.parent / "package-lock.json")

    @app.route("/missing-file")
    def missing_file():
        return send_from_directory(SITE / "static", "nowhere.txt")
