"""The twin of examples/microblog in Python: the same templates, database and keys. Served on a free port, which is told."""

import hashlib
import json
import logging
import re
import secrets
import sqlite3
import time
import uuid
from datetime import datetime
from email.utils import formatdate
from pathlib import Path
from urllib.parse import urlsplit

from flask import (Blueprint, Flask, Response, abort, current_app, flash, g, jsonify, redirect, render_template, request,
                   session, stream_with_context, url_for)
from flask_cors import CORS
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.serving import WSGIRequestHandler, make_server
from wtforms import BooleanField, EmailField, PasswordField, StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[2] / "examples/microblog"
HOUR = 3600


# --- i18n.ts

CATALOGUES = {"en": {}, "de": json.loads((EXAMPLE / "translations/de.json").read_text())}


def look_up(message):
    return CATALOGUES[g.get("language", "en")].get(message, message)


def gettext(message):
    found = look_up(message)
    return found if isinstance(found, str) else found[0]


def ngettext(singular, plural, count):
    found = look_up(singular)
    one, many = (singular, plural) if isinstance(found, str) else found
    return one if count == 1 else many


def choose_language():
    chosen = session.get("language")
    g.language = chosen if chosen in CATALOGUES else request.accept_languages.best_match(["en", "de"]) or "en"


# --- db.ts

def db():
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"], timeout=5, isolation_level=None)
        g.db.row_factory = lambda cursor, row: dict(zip((column[0] for column in cursor.description), row))
        g.db.execute("PRAGMA foreign_keys = ON")
    return g.db


def close_db(error):
    if "db" in g:
        g.pop("db").close()


def every(sql, *values):
    return db().execute(sql, values).fetchall()


def first(sql, *values):
    rows = every(sql, *values)
    return rows[0] if rows else None


def run(sql, *values):
    return db().execute(sql, values).rowcount


def now():
    return int(time.time())


def dated(row):
    return {**row, "created": datetime.utcfromtimestamp(row["created"])}


# --- paging.ts

class Page:
    def __init__(self, select):
        size = current_app.config["POSTS_PER_PAGE"]
        self.number = min(max(request.args.get("page", 1, type=int), 1), 10_000)
        found = [dated(row) for row in select(size + 1, (self.number - 1) * size)]
        self.items, self.has_next, self.has_previous = found[:size], len(found) > size, self.number > 1


# --- models

class User(UserMixin):
    def __init__(self, row):
        self.row = row
        self.id, self.username, self.email, self.about = row["id"], row["username"], row["email"], row["about"]
        self.last_seen = datetime.utcfromtimestamp(row["last_seen"])

    def get_id(self):
        return f"{self.id}.{trace_of(self)}"

    followers = property(lambda self: count("FROM follow WHERE followed_id = ?", self.id))
    following = property(lambda self: count("FROM follow WHERE follower_id = ?", self.id))
    unread = property(lambda self: count("FROM message WHERE recipient_id = ? AND id > ?", self.id, self.row["message_read"]))

    def is_following(self, other):
        return count("FROM follow WHERE follower_id = ? AND followed_id = ?", self.id, other.id) > 0


def count(rest, *values):
    return first(f"SELECT count(*) AS count {rest}", *values)["count"]


def find_by(column, value):
    row = first(f"SELECT * FROM user WHERE {column} = ?", value)
    return User(row) if row else None


def hashed(password):
    return generate_password_hash(password, current_app.config["PASSWORD_METHOD"])


def authenticate(username, password):
    user = find_by("username", username)
    return user if user and check_password_hash(user.row["password_hash"], password) else None


POST = "SELECT post.*, username FROM post JOIN user ON user.id = author_id"


def posts(where="", *values):
    sql = f"{POST} {where} ORDER BY post.id DESC LIMIT ? OFFSET ?"
    return Page(lambda limit, offset: every(sql, *values, limit, offset))


def add_post(author, body):
    sql = "INSERT INTO post (author_id, body, created) VALUES (?, ?, ?)"
    return db().execute(sql, (author.id, body, now())).lastrowid


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def trace_of(user):
    return sha256(user.row["password_hash"])[:16]


def reset_tokens():
    return URLSafeTimedSerializer(current_app.secret_key, salt="reset-password")


def user_of_reset_token(token):
    try:
        id, trace = reset_tokens().loads(token, max_age=HOUR)
    except BadSignature:
        return None
    user = find_by("id", id)
    return user if user and trace_of(user) == trace else None


def send_mail(to, subject, text):
    folder = Path(current_app.config["MAIL_FOLDER"])
    folder.mkdir(exist_ok=True)
    head = ["From: Microblog <microblog@localhost>", f"To: {to}", f"Subject: {subject}", f"Date: {formatdate(usegmt=True)}",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    (folder / f"{uuid.uuid4()}.eml").write_text("\n".join(head) + f"\n\n{text}\n")


# --- forms.ts

def matches(pattern, message):
    def check(form, field):
        if not re.fullmatch(pattern, (field.data or "").strip(), re.I):
            raise ValidationError(message)
    return check


def length(least, most, message):
    def check(form, field):
        if not least <= len((field.data or "").strip()) <= most:
            raise ValidationError(message)
    return check


class Required(DataRequired):
    """Sets the attribute of HTML, and leaves it to the others to say what is wrong."""

    def __call__(self, form, field):
        pass


USERNAME = matches(r"[a-z0-9_]{2,30}", "A name has 2 to 30 letters, digits or underscores.")
EMAIL = [Required(), matches(r"[^\s@,<>]+@[^\s@,<>]+", "This is no e-mail address.")]


def eight(form, field):
    if len(field.data or "") < 8:
        raise ValidationError("A password has at least 8 characters.")


class NewPassword(FlaskForm):
    password = PasswordField(validators=[Required(), eight], render_kw={"autocomplete": "new-password"})
    again = PasswordField("Password, once more", [Required()], render_kw={"autocomplete": "new-password"})

    def validate(self, extra_validators=None):
        good = super().validate(extra_validators)
        if self.password.data != self.again.data:
            self.again.errors = ["The passwords differ."]
            return False
        return good


class RegistrationForm(NewPassword):
    username = StringField(validators=[Required(), USERNAME])
    email = EmailField("E-mail", EMAIL)

    def __iter__(self):
        return iter([self.username, self.email, self.password, self.again, self.csrf_token])


class LoginForm(FlaskForm):
    username = StringField(validators=[Required()], render_kw={"autocomplete": "username"})
    password = PasswordField(validators=[Required()], render_kw={"autocomplete": "current-password"})
    remember = BooleanField("Remember me")


class ResetRequestForm(FlaskForm):
    email = EmailField("E-mail", EMAIL)


class ProfileForm(FlaskForm):
    username = StringField(validators=[Required(), USERNAME])
    about = TextAreaField("About me", [length(0, 200, "At most 200 characters.")])


BODY = "Please write 1 to 280 characters."


class PostForm(FlaskForm):
    body = TextAreaField("What is new?", [Required(), length(1, 280, BODY)])


class MessageForm(FlaskForm):
    body = TextAreaField("Message", [Required(), length(1, 280, BODY)])


# --- extensions.ts

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")
login = LoginManager()
login.login_view = "auth.log_in"
login.login_message = "Please log in first."
login.localize_callback = gettext


@login.user_loader
def find_by_session(session_id):
    id, _, trace = session_id.partition(".")
    user = find_by("id", id)
    return user if user and trace_of(user) == trace else None


def goes_home(location):
    """Whether a location is a path of this site."""
    parts = urlsplit(location or "")
    return bool(location) and not parts.scheme and not parts.netloc and not re.search(r"[\\\0-\x20\x7f]", location)


# --- views/auth.ts

auth = Blueprint("auth", __name__, url_prefix="/auth")


@auth.route("/register", methods=["GET", "POST"])
def register():
    if current_user.is_authenticated:
        return redirect(url_for("main.index"))
    form = RegistrationForm()
    if form.validate_on_submit():
        sql = "INSERT INTO user (username, email, password_hash, last_seen) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        if run(sql, form.username.data.strip(), form.email.data.strip(), hashed(form.password.data), now()):
            flash(gettext("Welcome! You can log in now."))
            return redirect(url_for("auth.log_in"))
        form.username.errors = ["This name or address is in use already."]
    return render_template("auth/register.html", form=form)


@auth.route("/login", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def log_in():
    if current_user.is_authenticated:
        return redirect(url_for("main.index"))
    form = LoginForm()
    if form.validate_on_submit():
        user = authenticate(form.username.data.strip(), form.password.data)
        if user:
            login_user(user, remember=form.remember.data)
            next = request.args.get("next")
            return redirect(next if goes_home(next) else url_for("main.index"))
        flash(gettext("The name or the password is not right."), "error")
    return render_template("auth/login.html", form=form)


@auth.post("/logout")
def log_out():
    logout_user()
    return redirect(url_for("auth.log_in"))


@auth.route("/reset", methods=["GET", "POST"])
@limiter.limit("5 per hour", methods=["POST"])
def forgot():
    form = ResetRequestForm()
    if form.validate_on_submit():
        user = find_by("email", form.email.data.strip())
        if user:
            token = reset_tokens().dumps([user.id, trace_of(user)])
            send_mail(user.email, gettext("A new password"), render_template("mail/reset.txt", user=user, token=token))
        flash(gettext("If this address has an account, a mail is on its way."))
        return redirect(url_for("auth.log_in"))
    return render_template("auth/forgot.html", form=form)


@auth.route("/reset/<token>", methods=["GET", "POST"])
def reset(token):
    user = user_of_reset_token(token)
    if not user:
        flash(gettext("This link is not good any more."), "error")
        return redirect(url_for("auth.forgot"))
    form = NewPassword()
    if form.validate_on_submit():
        run("UPDATE user SET password_hash = ? WHERE id = ?", hashed(form.password.data), user.id)
        run("DELETE FROM token WHERE user_id = ?", user.id)
        flash(gettext("Your password is changed."))
        return redirect(url_for("auth.log_in"))
    return render_template("auth/reset.html", form=form)


# --- views/main.ts

main = Blueprint("main", __name__)


@main.before_app_request
def note_visit():
    if request.endpoint != "static" and current_user.is_authenticated:
        run("UPDATE user SET last_seen = ? WHERE id = ? AND last_seen < ?", now(), current_user.id, now() - 60)


def user_named(username):
    return find_by("username", username) or abort(404)


@main.route("/", methods=["GET", "POST"])
@login_required
def index():
    form = PostForm()
    if form.validate_on_submit():
        add_post(current_user, form.body.data.strip())
        flash(gettext("Your post is out."))
        return redirect(url_for("main.index"))
    where = "WHERE author_id = ? OR author_id IN (SELECT followed_id FROM follow WHERE follower_id = ?)"
    return render_template("main/index.html", form=form, page=posts(where, current_user.id, current_user.id))


@main.get("/explore")
def explore():
    return render_template("main/explore.html", page=posts())


@main.get("/search")
def search():
    words = request.args.get("q", "").strip()
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", words) + "%"
    page = posts("WHERE body LIKE ? ESCAPE '\\'", pattern) if words else None
    return render_template("main/search.html", words=words, page=page)


@main.get("/user/<username>")
def user(username):
    owner = user_named(username)
    return render_template("main/user.html", user=owner, page=posts("WHERE author_id = ?", owner.id))


@main.route("/profile", methods=["GET", "POST"])
@login_required
def profile():
    form = ProfileForm(username=current_user.username, about=current_user.about)
    if form.validate_on_submit():
        username = form.username.data.strip()
        sql = "UPDATE OR IGNORE user SET username = ?, about = ? WHERE id = ?"
        if run(sql, username, form.about.data.strip(), current_user.id):
            flash(gettext("Your profile is changed."))
            return redirect(url_for("main.user", username=username))
        form.username.errors = ["This name or address is in use already."]
    return render_template("main/profile.html", form=form)


@main.post("/follow/<username>")
@login_required
def follow(username):
    other = user_named(username)
    if other.id != current_user.id:
        sql = "INSERT INTO follow (follower_id, followed_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        run(sql, current_user.id, other.id)
    return redirect(url_for("main.user", username=username))


@main.post("/unfollow/<username>")
@login_required
def unfollow(username):
    run("DELETE FROM follow WHERE follower_id = ? AND followed_id = ?", current_user.id, user_named(username).id)
    return redirect(url_for("main.user", username=username))


@main.post("/post/<int:id>/delete")
@login_required
def remove(id):
    post = first(f"{POST} WHERE post.id = ?", id) or abort(404)
    if post["author_id"] != current_user.id:
        abort(403)
    run("DELETE FROM post WHERE id = ?", id)
    flash(gettext("Your post is gone."))
    return redirect(url_for("main.index"))


@main.get("/export")
@login_required
def export():
    def lines(author):
        for post in every(f"{POST} WHERE author_id = ? ORDER BY post.id", author):
            kept = {"id": post["id"], "created": post["created"], "body": post["body"]}
            yield json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n"

    headers = {"Content-Disposition": "attachment; filename=posts.ndjson", "Content-Type": "application/x-ndjson"}
    return Response(stream_with_context(lines(current_user.id)), headers=headers)


@main.post("/language/<any(en,de):language>")
def language(language):
    session["language"] = language
    next = request.form.get("next")
    return redirect(next if goes_home(next) else url_for("main.index"))


# --- views/messages.ts

messages = Blueprint("messages", __name__, url_prefix="/messages")


@messages.get("/")
@login_required
def inbox():
    newest = "(SELECT coalesce(max(id), 0) FROM message WHERE recipient_id = user.id)"
    run(f"UPDATE user SET message_read = {newest} WHERE id = ?", current_user.id)
    sql = """SELECT message.id, sender_id, username, body, created FROM message JOIN user ON user.id = sender_id
        WHERE recipient_id = ? ORDER BY message.id DESC LIMIT ? OFFSET ?"""
    page = Page(lambda limit, offset: every(sql, current_user.id, limit, offset))
    return render_template("messages/inbox.html", page=page)


@messages.route("/to/<username>", methods=["GET", "POST"])
@login_required
def send(username):
    recipient = user_named(username)
    form = MessageForm()
    if form.validate_on_submit():
        sql = "INSERT INTO message (sender_id, recipient_id, body, created) VALUES (?, ?, ?, ?)"
        run(sql, current_user.id, recipient.id, form.body.data.strip(), now())
        flash(gettext("Your message is sent."))
        return redirect(url_for("main.user", username=username))
    return render_template("messages/send.html", form=form, recipient=recipient)


# --- views/api.ts

api = csrf.exempt(Blueprint("api", __name__, url_prefix="/api"))


@api.errorhandler(404)
def not_found(error):
    return {"error": "Not Found"}, 404


@api.errorhandler(429)
def too_often(error):
    return {"error": "Too Many Requests"}, 429


def bearer():
    """Flask 2.2 knows Basic and Digest alone."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def token_required(view):
    def guarded(**values):
        found = first("SELECT user_id FROM token WHERE hash = ? AND expires > ?", sha256(bearer()), now())
        if not found:
            return {"error": "Unauthorized"}, 401, {"WWW-Authenticate": "Bearer"}
        g.api_user = find_by("id", found["user_id"])
        return view(**values)

    guarded.__name__ = view.__name__
    return guarded


def show_user(user):
    return {"id": user.id, "username": user.username, "about": user.about, "followers": user.followers,
            "following": user.following, "posts": url_for("api.user_posts", id=user.id)}


def show_post(post):
    return {"id": post["id"], "author": post["username"], "body": post["body"], "created": post["created"]}


def show_page(page):
    return jsonify(items=[show_post(post) for post in page.items], page=page.number, has_next=page.has_next)


@api.post("/tokens")
@limiter.limit("20 per minute")
def grant():
    given = request.authorization
    user = authenticate(given.username, given.password) if given else None
    if not user:
        return {"error": "Unauthorized"}, 401, {"WWW-Authenticate": 'Basic realm="microblog"'}
    token = secrets.token_hex(24)
    run("INSERT INTO token (hash, user_id, expires) VALUES (?, ?, ?)", sha256(token), user.id, now() + HOUR)
    return {"token": token, "expires_in": HOUR}, 201


@api.delete("/tokens")
@token_required
def revoke():
    run("DELETE FROM token WHERE hash = ?", sha256(bearer()))
    return "", 204


@api.get("/users")
@token_required
def users():
    return jsonify([show_user(User(row)) for row in every("SELECT * FROM user ORDER BY username")])


@api.get("/users/<int:id>", endpoint="user")
@token_required
def one_user(id):
    return show_user(find_by("id", id) or abort(404))


@api.get("/users/<int:id>/posts")
@token_required
def user_posts(id):
    author = find_by("id", id) or abort(404)
    return show_page(posts("WHERE author_id = ?", author.id))


@api.get("/posts", endpoint="posts")
@token_required
def all_posts():
    return show_page(posts())


@api.post("/posts", endpoint="add_post")
@token_required
def take_post():
    sent = request.get_json(silent=True)
    body = sent.get("body") if isinstance(sent, dict) else None
    if not isinstance(body, str) or not 1 <= len(body.strip()) <= 280:
        return {"error": "Bad Request", "messages": [BODY]}, 400
    return show_post(dated(first(f"{POST} WHERE post.id = ?", add_post(g.api_user, body.strip())))), 201


# --- app.ts

def create_app():
    app = Flask(__name__, static_folder=str(EXAMPLE / "static"), template_folder=str(EXAMPLE / "templates"))
    app.config.from_mapping(SESSION_COOKIE_SAMESITE="Lax", REMEMBER_COOKIE_SAMESITE="Lax")
    app.config.from_prefixed_env()
    app.jinja_options = {"extensions": ["jinja2.ext.i18n"], "trim_blocks": True, "lstrip_blocks": True}
    app.jinja_env.install_gettext_callables(gettext, ngettext)
    app.before_request(choose_language)
    app.teardown_appcontext(close_db)
    for extension in (csrf, login, limiter):
        extension.init_app(app)
    CORS(app, resources={"/api/*": {"origins": "*", "send_wildcard": True}})
    for blueprint in (main, auth, messages, api):
        app.register_blueprint(blueprint)

    for wrong, status, message in (
        (CSRFError, 400, "This form is too old. Please send it once more."),
        (403, 403, "This is not yours to change."),
        (404, 404, "There is nothing here."),
        (429, 429, "That was too often. Please wait for a while."),
    ):
        def answer(error, status=status, message=message):
            return render_template("error.html", message=message), status

        app.register_error_handler(wrong, answer)
    return app


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        pass


if __name__ == "__main__":
    app = create_app()
    logging.getLogger("werkzeug").disabled = True
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    print(json.dumps({"port": server.server_port, "rules": sorted(str(rule) for rule in app.url_map.iter_rules())}), flush=True)
    server.serve_forever()
