"""The reference: Python Flask with the routes of areas/*.py, served on a free port that is told with the versions."""

import json
import logging
import re
import sys
from importlib import import_module
from pathlib import Path

import flask
import werkzeug
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

HERE = Path(__file__).parent
AREAS = ("routing", "errors", "json_bodies", "forms", "cookies", "sessions", "files", "urls", "blueprints", "requests",
         "replies")

sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE / "areas"))


def create_app() -> Flask:
    app = Flask("reference", static_folder=str(HERE / "site/static"), template_folder=str(HERE / "site/templates"))
    app.config.from_file(str(HERE / "site/config.json"), load=__import__("json").load)
    for area in AREAS:
        import_module(area).add_to(app)
    return app


def create_hosts_app() -> Flask:
    """What only works when the app matches hosts: reached by the hosts below `hosts.test`."""
    app = Flask("hosts", static_folder=None, subdomain_matching=True)
    app.config.from_mapping(
        SERVER_NAME="hosts.test",
        SECRET_KEY="the key of both apps",
        SESSION_COOKIE_NAME="own",
        SESSION_COOKIE_DOMAIN="hosts.test",
        SESSION_COOKIE_PATH="/session",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=False,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    import_module("hosts").add_to(app)
    return app


def create_matching_app() -> Flask:
    """What only works with host_matching: reached by the hosts below `matching.test`."""
    app = Flask("matching", static_folder=None, host_matching=True)
    import_module("hosts").add_matching_to(app)
    return app


def create_named_app() -> Flask:
    """Reached by whatever host has `named` in it."""
    app = Flask("named", static_folder=None)
    app.config.from_mapping(
        SERVER_NAME="named.test",
        SECRET_KEY="the key of both apps",
        SESSION_COOKIE_PARTITIONED=True,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        TRUSTED_HOSTS=["named.test", ".named.example", "other-named.test"],
    )
    import_module("hosts").add_named_to(app)
    return app


def by_host(environ, start_response):
    host = environ.get("HTTP_HOST", "")
    if "named" in host:
        return named_app(environ, start_response)
    chosen = hosts_app if host.endswith("hosts.test") else matching_app if host.endswith("matching.test") else app
    return chosen(environ, start_response)


def version_of(package) -> str:
    """By its own sources where they are run as such: the installed distribution may be another."""
    project = Path(package.__file__).parents[2] / "pyproject.toml"
    told = re.search(r'^version = "(.*)"', project.read_text(), re.M) if project.exists() else None
    return told[1] if told else package.__version__


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        pass


if __name__ == "__main__":
    app, hosts_app, matching_app, named_app = create_app(), create_hosts_app(), create_matching_app(), create_named_app()
    logging.getLogger("werkzeug").disabled = True
    server = make_server("127.0.0.1", 0, by_host, threaded=True, request_handler=Handler)
    print(json.dumps({"port": server.server_port, "versions": {"flask": version_of(flask), "werkzeug": version_of(werkzeug)}}), flush=True)
    server.serve_forever()
