# The same view in Python's Flask, for gunicorn with gevent's worker.
from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello():
    return "Hello, World!"
