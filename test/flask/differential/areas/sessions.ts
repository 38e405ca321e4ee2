/** The session cookie and flashed messages. */
import { type Flask, flash, getFlashedMessages, jsonify, Markup, request, session, Uuid } from '@qilin/flask';

export function addSessions(app: Flask): void {
  app.get('/session', function session_show() {
    return jsonify(Object.fromEntries(session));
  });

  app.get('/session/set', function session_set() {
    for (const [key, value] of request.args) session.set(key, value);
    return 'ok';
  });

  app.get('/session/values', function session_values() {
    session.set('number', 42);
    session.set('float', 1.5);
    session.set('list', [1, 'two', null, true]);
    session.set('dict', { b: { c: 1 }, a: 'Grüße' });
    session.set('date', new Date(Date.UTC(2024, 1, 29, 12, 30, 15)));
    session.set('uuid', new Uuid('12345678-1234-5678-1234-567812345678'));
    session.set('bytes', Buffer.from('\x00\xff bytes', 'latin1'));
    return 'ok';
  });

  app.get('/session/tagged', function session_tagged() {
    session.set('tag-like', { ' t': [1, 2] });
    session.set('tuple', ['not', 'a tuple']);
    return 'ok';
  });

  app.get('/session/types', function session_types() {
    const { number, date, uuid, bytes, dict } = Object.fromEntries(session);
    return jsonify({
      number: Number(number) + 1,
      date: date instanceof Date ? date.toISOString().replace('.000Z', '+00:00') : null,
      uuid: String(uuid),
      bytes: bytes instanceof Uint8Array ? [...bytes] : null,
      text: Object(dict).a,
    });
  });

  app.get('/session/count', function session_count() {
    session.set('count', Number(session.get('count', 0)) + 1);
    return String(session.get('count'));
  });

  app.get('/session/pop', function session_pop() {
    return jsonify(session.pop('a', null));
  });

  app.get('/session/clear', function session_clear() {
    session.clear();
    return 'ok';
  });

  app.get('/session/permanent', function session_permanent() {
    session.permanent = true;
    session.set('a', 'kept');
    return jsonify(session.permanent);
  });

  app.get('/session/nested', function session_nested() {
    const items = session.setDefault('items', []);
    if (!Array.isArray(items)) throw new TypeError('items is no list');
    items.push(items.length);
    session.modified = request.args.has('modified');
    return jsonify(items);
  });

  app.get('/session/state', function session_state() {
    return jsonify(session.new, session.permanent, session.modified, session.accessed);
  });

  app.get('/session/large', function session_large() {
    session.set('text', 'abc'.repeat(300));
    return 'ok';
  });

  app.get('/session/untouched', function session_untouched() {
    return 'ok';
  });

  app.get('/flash', function flash_one() {
    flash('Hello <you>');
    flash('Careful', 'warning');
    flash('Grüße', 'info');
    return 'ok';
  });

  app.get('/flash/markup', function flash_markup() {
    flash(new Markup('<b>bold</b>'));
    return 'ok';
  });

  app.get('/flashed', function flashed() {
    return jsonify(getFlashedMessages());
  });

  app.get('/flashed/categories', function flashed_categories() {
    return jsonify(getFlashedMessages({ withCategories: true }));
  });

  app.get('/flashed/filter', function flashed_filter() {
    return jsonify(getFlashedMessages({ categoryFilter: ['warning'] }));
  });

  app.get('/flashed/twice', function flashed_twice() {
    return jsonify(getFlashedMessages(), getFlashedMessages());
  });
}
