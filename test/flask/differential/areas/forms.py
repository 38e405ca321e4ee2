"""Forms and uploads."""

import hashlib

from flask import jsonify, request


def add_to(app):
    @app.post("/form")
    def form():
        return jsonify(form=request.form.to_dict(flat=False), first=request.form.to_dict())

    @app.post("/form/field")
    def form_field():
        return request.form["name"]

    @app.post("/form/get")
    def form_get():
        return jsonify(
            request.form.get("name"),
            request.form.get("name", "nobody"),
            request.form.getlist("name"),
            request.form.get("age", type=int),
            "name" in request.form,
        )

    @app.route("/form/values", methods=["GET", "POST"])
    def form_values():
        return jsonify(request.values.to_dict(flat=False))

    @app.post("/form/data")
    def form_data():
        return jsonify(data=request.get_data(as_text=True), form=request.form.to_dict(flat=False))

    @app.post("/form/ignored")
    def form_ignored():
        return "I read nothing"

    @app.post("/form/length")
    def form_length():
        return jsonify(request.content_length, request.content_type, request.mimetype, request.mimetype_params)

    @app.post("/upload")
    def upload():
        return jsonify(
            form=request.form.to_dict(flat=False),
            files=[
                {
                    "field": field,
                    "filename": file.filename,
                    "type": file.content_type,
                    "mimetype": file.mimetype,
                    "sha1": hashlib.sha1(file.read()).hexdigest(),
                }
                for field, file in request.files.items(multi=True)
            ],
        )

    @app.post("/upload/one")
    def upload_one():
        return request.files["file"].read()

    @app.post("/upload/missing")
    def upload_missing():
        return jsonify("file" in request.files)

    @app.post("/body")
    def body():
        data = request.get_data()
        return jsonify(length=len(data), sha1=hashlib.sha1(data).hexdigest())
