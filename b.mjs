import { useLightClasses } from './packages/qilin/dist/http/light-classes.js';
useLightClasses();
const { Flask } = await import('./packages/flask/dist/index.js');
const app = new Flask(import.meta, {});
app.get('/', () => 'Hello, World!');
app.get('/user/<name>', ({ name }) => `Hello ${name}`);
class Req { constructor(url){this.url=url;this.method='GET';} get headers(){ return new Headers(); } }
const init={headers:{'content-type':'text/html; charset=utf-8'}};
const bare = (r) => { r.url; r.method; return new Response('Hello, World!', init); };
function run(name, f, url, n=1e6) {
  for (let i=0;i<1e5;i++) f(new Req(url), {});
  let best=1e9; for (let k=0;k<5;k++){ const c=process.cpuUsage(); for (let i=0;i<n;i++) f(new Req(url), {}); const d=process.cpuUsage(c); best=Math.min(best,(d.user+d.system)*1000/n); }
  console.log(name, best.toFixed(0),'ns');
}
run('bare', bare, 'http://localhost/');
run('flask', app.fetch, 'http://localhost/');
run('flask var', app.fetch, 'http://localhost/user/x');
app.config.SECRET_KEY='x';
run('flask key', app.fetch, 'http://localhost/');
