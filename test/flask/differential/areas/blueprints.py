"""Blueprints: nested, with prefixes, error handlers, static files, templates and hooks."""

from pathlib import Path

from flask import Blueprint, abort, current_app, g, jsonify, render_template, request, url_for

SITE = Path(__file__).parent.parent / "site"


class Refused(Exception):
    pass


def shop_blueprint():
    shop = Blueprint(
        "shop",
        __name__,
        url_prefix="/shop",
        static_folder=str(SITE / "shop/static"),
        template_folder=str(SITE / "shop/templates"),
    )

    @shop.before_request
    def before():
        g.trail = getattr(g, "trail", []) + ["shop.before"]

    @shop.after_request
    def after(response):
        response.headers["X-Shop"] = ",".join(g.get("trail", []))
        return response

    @shop.route("/")
    def index():
        return jsonify(request.endpoint, request.blueprint, request.blueprints, g.trail)

    @shop.route("/links")
    def links():
        return jsonify(
            url_for(".index"),
            url_for("shop.item", n=1),
            url_for(".cart.show"),
            url_for("shop.cart.show"),
            url_for(".static", filename="shop.css"),
            url_for("hello"),
        )

    @shop.route("/item/<int:n>")
    def item(n):
        if n == 0:
            abort(404)
        if n == 1:
            raise Refused("item 1")
        return jsonify(n)

    @shop.route("/page")
    def page():
        return render_template("shop/page.html", title="Shop & <more>")

    @shop.route("/own")
    def own():
        return render_template("own.html", title="a title")

    @shop.errorhandler(404)
    def on_not_found(error):
        return f"shop has no such thing: {error.description}", 404

    @shop.errorhandler(Refused)
    def on_refused(error):
        return f"shop refuses {error}", 403

    @shop.app_errorhandler(406)
    def on_unacceptable(error):
        return "handled by the shop for the whole app", 406

    @shop.context_processor
    def context():
        return {"place": "the shop"}

    @shop.app_template_filter("shout")
    def shout(text):
        return text.upper() + "!"

    return shop


def cart_blueprint():
    cart = Blueprint("cart", __name__, url_prefix="/cart")

    @cart.before_request
    def before():
        g.trail = getattr(g, "trail", []) + ["cart.before"]

    @cart.route("/")
    def show():
        return jsonify(request.endpoint, request.blueprint, request.blueprints, g.trail)

    @cart.route("/links")
    def links():
        return jsonify(url_for(".show"), url_for("shop.index"), url_for(".show", _external=True))

    @cart.route("/refused")
    def refused():
        raise Refused("the cart")

    @cart.route("/missing")
    def missing():
        abort(404)

    @cart.route("/gone")
    def gone():
        abort(410)

    @cart.errorhandler(404)
    def on_not_found(error):
        return "the cart is empty", 404

    return cart


def add_to(app):
    shop = shop_blueprint()
    shop.register_blueprint(cart_blueprint())
    app.register_blueprint(shop)
    app.register_blueprint(cart_blueprint(), url_prefix="/basket", name="basket")

    plain = Blueprint("plain", __name__)

    @plain.route("/plain/<lang>/name", defaults={"x": "1"})
    def named(lang, x):
        return jsonify(lang, x, current_app.name != "")

    @plain.before_app_request
    def count():
        g.before_app = True

    @plain.route("/plain/before")
    def before():
        return jsonify(g.get("before_app", False))

    app.register_blueprint(plain)

    parametrised = Blueprint("lang", __name__, url_prefix="/<code>/lang")

    @parametrised.url_value_preprocessor
    def pull(endpoint, values):
        g.code = values.pop("code")

    @parametrised.url_defaults
    def push(endpoint, values):
        values.setdefault("code", g.code)

    @parametrised.route("/about")
    def about():
        return jsonify(g.code, url_for(".about"), url_for(".about", code="fr"))

    app.register_blueprint(parametrised)

    @app.route("/page")
    def page():
        return render_template("page.html", title="A <title>", items=["one", "two & three"], html="<i>x</i>")

    @app.route("/page/globals")
    def page_globals():
        return render_template("globals.html")

    @app.route("/page/missing")
    def page_missing():
        return render_template("nowhere.html")
