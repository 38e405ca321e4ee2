/** JSON in and out. */
import { type Flask, jsonify, request } from '@qilin/flask';

export function addJsonBodies(app: Flask): void {
  app.post('/json/echo', async function json_echo() {
    return jsonify(await request.json);
  });

  app.post('/json/get', async function json_get() {
    const options = { force: request.args.has('force'), silent: request.args.has('silent') };
    return jsonify({ got: (await request.getJson(options)) ?? null });
  });

  app.post('/json/is', function json_is() {
    return jsonify({ is_json: request.isJson, mimetype: request.mimetype });
  });

  app.post('/json/type', async function json_type() {
    const value = await request.getJson();
    const isArray = Array.isArray(value);
    return jsonify(typeof value === 'object' && value !== null && !isArray, isArray, value === null);
  });

  app.post('/json/data', async function json_data() {
    return { data: await request.text, json: (await request.getJson({ silent: true })) ?? null };
  });

  app.get('/json/keys', function json_keys() {
    return { zebra: 1, apple: { y: 1, x: 2 }, Mango: [3, 2, 1], ä: 1 };
  });

  app.get('/json/text', function json_text() {
    return { text: 'Grüße \u2028 </script> 🦄 "quoted" \\ \x01\x7f', tab: '\t\n\r\b\f' };
  });

  app.get('/json/values', function json_values() {
    return jsonify([null, true, false, 0, -1, 1.5, 1e21, 12345678901, '', [], {}]);
  });

  app.get('/json/list', function json_list() {
    return [1, { b: 2, a: 1 }];
  });

  app.get('/json/kwargs', function json_kwargs() {
    return jsonify({ b: 2, a: 1 });
  });

  app.get('/json/args', function json_args() {
    return jsonify(1, 'two', null);
  });

  app.get('/json/empty', function json_empty() {
    return jsonify();
  });

  app.get('/json/none', function json_none() {
    return jsonify(null);
  });

  app.get('/json/string', function json_string() {
    return jsonify('text');
  });

  app.get('/json/date', function json_date() {
    return jsonify({
      at: new Date(Date.UTC(2024, 1, 29, 12, 30, 15)),
      id: '12345678-1234-5678-1234-567812345678',
    });
  });

  app.get('/json/status', function json_status() {
    return [{ made: true }, 201, { 'X-Made': 'yes' }];
  });
}
