// The smallest app: a function from a Request to a Response.
export const app = (request: Request) =>
  new Response(`Hello from Qilin! You asked for ${new URL(request.url).pathname}\n`);

export default app;
