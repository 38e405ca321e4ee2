/** An app whose streams need something that teardown closes; streams.test.ts asks it. */
import { Flask, request } from '@qilin/flask';

export const app = new Flask(import.meta);

const open = new Set<string>();

app.beforeRequest(() => {
  open.add(request.path);
});

app.teardownRequest((error) => {
  open.delete(request.path);
  console.error(`torn down: ${request.path.slice(1)} ${error instanceof Error ? error.name : error}`);
});

const state = (path: string) => (open.has(path) ? 'open ' : 'closed ');

app.get('/whole', async function* () {
  for (let index = 0; index < 3; index++) {
    await new Promise((resolve) => setImmediate(resolve));
    yield state('/whole');
  }
});

app.get('/endless', async function* () {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield state('/endless');
  }
});
