/** The same answer as a Node listener and as a fetch handler. */
/** @type {import('node:http').RequestListener} */
export const listener = (_req, res) => {
  res.setHeader('Content-Type', 'text/plain');
  res.end('Hello, World!');
};

export const fetchApp = { fetch: () => new Response('Hello, World!', { headers: { 'Content-Type': 'text/plain' } }) };
