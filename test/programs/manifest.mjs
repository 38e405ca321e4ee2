/** The real programs that are run on every worker class: how each is made and started. docs/compatibility.md has it as a table. */

/**
 * @typedef {object} Program
 * @property {string} name As `npm run programs` is given it; clients.ts has what is asked of it.
 * @property {string} folder In test/programs, with a package.json of its own.
 * @property {string} what What it is made of, for the table: `@` and a version follow each package that is named.
 * @property {readonly string[]} packages Whose versions the table tells.
 * @property {string} start What `qilin` is given, in its folder.
 * @property {number} [node] The oldest Node that its packages take. Default 20.
 * @property {string} [builds] The file that tells when `npm run build` was run last.
 * @property {'redis' | 'upstream'} [needs] What must be there before it starts.
 * @property {Readonly<Record<string, string>>} [except] Worker classes that do not serve it, each with the reason.
 * @property {string} [differs] From how it is run by node.
 * @property {string} ran What was run and held, for the table: on each class, unless some are named, Node's line and how many requests.
 */

/** @type {readonly Program[]} */
export const PROGRAMS = [
  {
    name: 'express',
    folder: 'express',
    what: 'Express with sessions in Redis, multer and compression',
    packages: ['express', 'express-session', 'connect-redis', 'redis', 'multer', 'compression'],
    start: 'server.js',
    needs: 'redis',
    ran: '20, 24: 200 000',
  },
  { name: 'ws', folder: 'ws', what: 'ws', packages: ['ws'], start: 'server.js', ran: '20, 24: 200 000' },
  {
    name: 'socket-io',
    folder: 'socket-io',
    what: 'Socket.IO',
    packages: ['socket.io'],
    start: 'server.js',
    differs: 'WebSocket only, with several workers: see docs/apps.md',
    ran: '20, 24: 200 000',
  },
  {
    name: 'next-standalone',
    folder: 'next',
    what: 'Next, standalone',
    packages: ['next', 'react'],
    start: '--chdir .next/standalone server.js',
    builds: '.next/BUILD_ID',
    ran: '20, 24: 200 000',
  },
  {
    name: 'next-custom',
    folder: 'next',
    what: 'Next with a custom server',
    packages: ['next', 'react'],
    start: 'server.js',
    builds: '.next/BUILD_ID',
    ran: '20, 24: 200 000',
  },
  {
    name: 'nest-express',
    folder: 'nest',
    what: 'Nest on Express',
    packages: ['@nestjs/core', '@nestjs/platform-express'],
    start: 'dist/express.js',
    builds: 'dist/express.js',
    differs: 'compiled first: see docs/apps.md',
    ran: '20, 24: 200 000',
  },
  {
    name: 'nest-fastify',
    folder: 'nest',
    what: 'Nest on Fastify',
    packages: ['@nestjs/core', '@nestjs/platform-fastify'],
    start: 'dist/fastify.js',
    builds: 'dist/fastify.js',
    differs: 'compiled first: see docs/apps.md',
    ran: '20, 24: 200 000',
  },
  {
    name: 'fastify-websocket',
    folder: 'fastify-websocket',
    what: 'Fastify with @fastify/websocket',
    packages: ['fastify', '@fastify/websocket'],
    start: 'server.js',
    ran: '20, 24: 200 000',
  },
  {
    name: 'apollo',
    folder: 'apollo',
    what: 'Apollo Server on Express, with its drain plugin',
    packages: ['@apollo/server', '@as-integrations/express5', 'graphql'],
    start: 'server.js',
    ran: '20, 24: 200 000',
  },
  {
    name: 'http-proxy-middleware',
    folder: 'http-proxy-middleware',
    what: 'http-proxy-middleware on Express, with WebSockets',
    packages: ['http-proxy-middleware', 'express'],
    start: 'server.js',
    needs: 'upstream',
    ran: '20, 24: 200 000',
  },
  {
    name: 'nitro',
    folder: 'nitro',
    what: 'Nitro, as of Nuxt',
    packages: ['nitropack'],
    start: '.output/server/index.mjs',
    builds: '.output/nitro.json',
    ran: '20, 24: 200 000',
  },
  {
    name: 'yoga',
    folder: 'yoga',
    what: 'GraphQL Yoga',
    packages: ['graphql-yoga', 'graphql'],
    start: 'server.js',
    ran: '20, 24: 200 000',
  },
  {
    name: 'trpc',
    folder: 'trpc',
    what: 'tRPC',
    packages: ['@trpc/server', 'zod'],
    start: 'server.js',
    ran: '20, 24: 200 000',
  },
  {
    name: 'astro',
    folder: 'astro',
    what: 'Astro, standalone',
    packages: ['astro', '@astrojs/node'],
    start: 'dist/server/entry.mjs',
    builds: 'dist/server/entry.mjs',
    node: 22,
    ran: '24: 200 000',
  },
  {
    name: 'react-router',
    folder: 'react-router',
    what: 'React Router on Express',
    packages: ['react-router', '@react-router/express'],
    start: 'server.js',
    builds: 'build/server/index.js',
    node: 22,
    ran: '24: 200 000',
  },
  {
    name: 'sveltekit',
    folder: 'sveltekit',
    what: 'SvelteKit, adapter-node',
    packages: ['@sveltejs/kit', '@sveltejs/adapter-node', 'svelte'],
    start: 'build/index.js',
    builds: 'build/index.js',
    node: 22,
    ran: '24: 200 000',
  },
];
