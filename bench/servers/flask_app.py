# The same views in Python's Flask, for gunicorn with gevent's worker.
from flask import Blueprint, Flask, render_template

app = Flask(__name__)


@app.route("/")
def hello():
    return "Hello, World!"


POSTS = [
    {
        "id": number,
        "author_id": 1,
        "username": "ana",
        "title": f"Post & title {number}",
        "created": "2026-01-02 03:04:05",
        "body": "Lorem ipsum dolor sit amet, consectetuer adipiscing elit, sed do eiusmod tempor incididunt ut labore.",
    }
    for number in range(1, 11)
]

BLOG = "../../examples/blog"
blog = Flask("blog", root_path=app.root_path, template_folder=f"{BLOG}/templates", static_folder=f"{BLOG}/static")
blog.config["SECRET_KEY"] = "of the bench"


@blog.route("/")
def index():
    return render_template("blog/index.html", posts=POSTS)


auth = Blueprint("auth", __name__, url_prefix="/auth")
auth.add_url_rule("/login", "login", lambda: "")
auth.add_url_rule("/register", "register", lambda: "")
blog.register_blueprint(auth)
