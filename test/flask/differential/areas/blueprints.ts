/** Blueprints: nested, with prefixes, error handlers, static files, templates and hooks. */
import { fileURLToPath } from 'node:url';
import { abort, Blueprint, currentApp, type Flask, g, jsonify, renderTemplate, request, urlFor } from '@qilin/flask';

declare module '@qilin/flask' {
  interface Globals {
    trail?: string[];
    code?: string;
    beforeApp?: true;
  }
}

const site = (path: string) => fileURLToPath(new URL(`../site/${path}`, import.meta.url));

class Refused extends Error {}

const leave = (mark: string) => {
  g.trail = [...(g.trail ?? []), mark];
};

const where = () => jsonify(request.endpoint, request.blueprint, request.blueprints, g.trail);

function shopBlueprint(): Blueprint {
  const shop = new Blueprint('shop', import.meta, {
    urlPrefix: '/shop',
    staticFolder: site('shop/static'),
    templateFolder: site('shop/templates'),
  });

  shop.beforeRequest(() => leave('shop.before'));

  shop.afterRequest((response) => {
    response.headers.set('X-Shop', (g.trail ?? []).join(','));
    return response;
  });

  shop.get('/', { endpoint: 'index' }, where);

  shop.get('/links', function links() {
    return jsonify(
      urlFor('.index'),
      urlFor('shop.item', { n: 1 }),
      urlFor('.cart.show'),
      urlFor('shop.cart.show'),
      urlFor('.static', { filename: 'shop.css' }),
      urlFor('hello'),
    );
  });

  shop.get('/item/<int:n>', function item({ n }) {
    if (n === 0) abort(404);
    if (n === 1) throw new Refused('item 1');
    return jsonify(n);
  });

  shop.get('/page', function page() {
    return renderTemplate('shop/page.html', { title: 'Shop & <more>' });
  });

  shop.get('/own', function own() {
    return renderTemplate('own.html', { title: 'a title' });
  });

  shop.errorhandler(404, (error) => [`shop has no such thing: ${error.description}`, 404]);
  shop.errorhandler(Refused, (error) => [`shop refuses ${error.message}`, 403]);
  shop.appErrorhandler(406, () => ['handled by the shop for the whole app', 406]);
  shop.contextProcessor(() => ({ place: 'the shop' }));
  shop.appTemplateFilter('shout', (text: string) => `${text.toUpperCase()}!`);
  return shop;
}

function cartBlueprint(): Blueprint {
  const cart = new Blueprint('cart', import.meta, { urlPrefix: '/cart' });

  cart.beforeRequest(() => leave('cart.before'));

  cart.get('/', { endpoint: 'show' }, where);

  cart.get('/links', function links() {
    return jsonify(urlFor('.show'), urlFor('shop.index'), urlFor('.show', { _external: true }));
  });

  cart.get('/refused', function refused() {
    throw new Refused('the cart');
  });

  cart.get('/missing', function missing() {
    abort(404);
  });

  cart.get('/gone', function gone() {
    abort(410);
  });

  cart.errorhandler(404, () => ['the cart is empty', 404]);
  return cart;
}

function langBlueprint(): Blueprint {
  const lang = new Blueprint('lang', import.meta, { urlPrefix: '/<code>/lang' });

  lang.urlValuePreprocessor((_endpoint, values) => {
    g.code = String(values['code']);
    delete values['code'];
  });

  lang.urlDefaults((_endpoint, values) => {
    values['code'] ??= g.code;
  });

  lang.get('/about', function about() {
    return jsonify(g.code, urlFor('.about'), urlFor('.about', { code: 'fr' }));
  });
  return lang;
}

export function addBlueprints(app: Flask): void {
  const shop = shopBlueprint();
  shop.registerBlueprint(cartBlueprint());
  app.registerBlueprint(shop);
  app.registerBlueprint(cartBlueprint(), { urlPrefix: '/basket', name: 'basket' });

  const plain = new Blueprint('plain', import.meta);

  plain.get('/plain/<lang>/name', { defaults: { x: '1' } }, function named({ lang, x }) {
    return jsonify(lang, x, currentApp.name !== '');
  });

  plain.beforeAppRequest(() => {
    g.beforeApp = true;
  });

  plain.get('/plain/before', function before() {
    return jsonify(g.beforeApp === true);
  });

  app.registerBlueprint(plain);
  app.registerBlueprint(langBlueprint());

  app.get('/page', function page() {
    return renderTemplate('page.html', { title: 'A <title>', items: ['one', 'two & three'], html: '<i>x</i>' });
  });

  app.get('/page/globals', function page_globals() {
    return renderTemplate('globals.html');
  });

  app.get('/page/missing', function page_missing() {
    return renderTemplate('nowhere.html');
  });
}
