"""What a request tells about itself."""

from flask import jsonify, request
from werkzeug.urls import iri_to_uri


def add_to(app):
    @app.route("/request/args")
    def request_args():
        return jsonify(request.args.to_dict(flat=False), list(request.args.items(multi=True)))

    @app.route("/request/arg")
    def request_arg():
        return request.args["a"]

    @app.route("/request/typed")
    def request_typed():
        return jsonify(
            request.args.get("n", type=int),
            request.args.get("n", 7, type=int),
            request.args.getlist("n"),
            request.args.getlist("n", type=int),
        )

    @app.route("/request/url", defaults={"rest": ""})
    @app.route("/request/url/<path:rest>")
    def request_url(rest):
        return jsonify(
            path=request.path,
            full_path=request.full_path,
            url_root=request.url_root,
            host=request.host,
            host_url=request.host_url,
            root_path=request.root_path,
            script_root=request.script_root,
            scheme=request.scheme,
            is_secure=request.is_secure,
            query_string=request.query_string.decode("latin1"),
            rest=rest,
        )

    @app.route("/request/whole/<path:rest>")
    def request_whole(rest):
        # As URIs: Python's are IRIs, which no class of the web standards would take for the same URL.
        return jsonify(iri_to_uri(request.url), iri_to_uri(request.base_url), request.url == request.base_url)

    @app.route("/request/headers")
    def request_headers():
        return jsonify(
            request.headers.get("X-One"),
            request.headers.get("x-one"),
            request.headers.get("X-None", "default"),
            "X-One" in request.headers,
            request.user_agent.string,
            request.referrer,
            request.origin,
        )

    @app.route("/request/authorization")
    def request_authorization():
        found = request.authorization
        return jsonify(found and [found.type, found.get("username"), found.get("password"), getattr(found, "token", None)])

    @app.route("/request/accept")
    def request_accept():
        accept = request.accept_mimetypes
        return jsonify(
            best=accept.best_match(["application/json", "text/html"]),
            fallback=accept.best_match(["image/png"], "none"),
            html=accept["text/html"],
            json=accept["application/json"],
            accepts_json="application/json" in accept,
            values=list(accept.values()),
            languages=request.accept_languages.best_match(["de", "en", "fr"]),
            encodings=list(request.accept_encodings.values()),
        )

    @app.route("/request/conditions")
    def request_conditions():
        return jsonify(
            match=request.if_match.contains("a"),
            none_match=request.if_none_match.contains("a"),
            weak=request.if_none_match.contains_weak("a"),
            modified=request.if_modified_since and request.if_modified_since.isoformat(),
            unmodified=request.if_unmodified_since and request.if_unmodified_since.isoformat(),
            range=request.range and [request.range.units, request.range.ranges],
        )

    @app.route("/request/cache")
    def request_cache():
        control = request.cache_control
        return jsonify(control.no_cache is not None, control.max_age, control.only_if_cached)

    @app.route("/request/remote")
    def request_remote():
        return jsonify(request.remote_addr, list(request.access_route))

    @app.route("/request/body", methods=["GET", "POST", "PUT"])
    def request_body():
        return jsonify(request.method, request.get_data(as_text=True), request.content_type)

    @app.post("/request/stream")
    def request_stream():
        return request.stream.read(5)

    @app.post("/request/data-twice")
    def request_data_twice():
        return request.data + b"|" + request.data
