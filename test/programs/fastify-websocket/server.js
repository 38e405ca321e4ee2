/** Fastify with routes for HTTP and for WebSockets, and a schema for what it is sent. */
import websocket from '@fastify/websocket';
import Fastify from 'fastify';

const fastify = Fastify();
await fastify.register(websocket);

fastify.get('/hello/:name', ({ params }) => ({ hello: params.name }));

const schema = { body: { type: 'object', required: ['count'], properties: { count: { type: 'integer' } } } };
fastify.post('/double', { schema }, ({ body }) => ({ double: body.count * 2 }));

fastify.get('/chat', { websocket: true }, (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

await fastify.listen({ port: 3000, host: '0.0.0.0' });
