/** Forms and uploads. */
import { createHash } from 'node:crypto';
import { type Flask, int, jsonify, request } from '@qilin/flask';

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

export function addForms(app: Flask): void {
  app.post('/form', async function form() {
    const fields = await request.form;
    return jsonify({ form: fields.toDict({ flat: false }), first: fields.toDict() });
  });

  app.post('/form/field', async function form_field() {
    return (await request.form).require('name');
  });

  app.post('/form/get', async function form_get() {
    const form = await request.form;
    return jsonify(
      form.get('name') ?? null,
      form.get('name', 'nobody'),
      form.getlist('name'),
      form.get('age', null, int),
      form.has('name'),
    );
  });

  app.route('/form/values', { methods: ['GET', 'POST'] }, async function form_values() {
    return jsonify((await request.values).toDict({ flat: false }));
  });

  app.post('/form/data', async function form_data() {
    return jsonify({ data: await request.text, form: (await request.form).toDict({ flat: false }) });
  });

  app.post('/form/ignored', function form_ignored() {
    return 'I read nothing';
  });

  app.post('/form/length', function form_length() {
    const { contentLength, contentType, mimetype, mimetypeParams } = request;
    return jsonify(contentLength ?? null, contentType ?? null, mimetype, Object.fromEntries(mimetypeParams));
  });

  app.post('/upload', async function upload() {
    const files = [];
    for (const [field, file] of (await request.files).allEntries()) {
      const { filename, contentType: type = null, mimetype } = file;
      files.push({ field, filename, type, mimetype, sha1: sha1(await file.bytes()) });
    }
    return jsonify({ form: (await request.form).toDict({ flat: false }), files });
  });

  app.post('/upload/one', async function upload_one() {
    return (await request.files).require('file').bytes();
  });

  app.post('/upload/missing', async function upload_missing() {
    return jsonify((await request.files).has('file'));
  });

  app.post('/body', async function body() {
    const data = await request.data;
    return jsonify({ length: data.length, sha1: sha1(data) });
  });
}
