/** What stands behind http-proxy-middleware: plain HTTP and the WebSockets of `ws`. Listens on PORT of its environment. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const server = createServer(async (req, res) => {
  const pieces = [];
  for await (const piece of req) pieces.push(piece);
  res.setHeader('x-for', req.headers['x-reader'] ?? '');
  res.end(`${req.method} ${req.url} ${Buffer.concat(pieces)}`);
});
// Longer than any test: a proxy's kept connection is not to end just when it is used again.
server.keepAliveTimeout = 600_000;
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
server.listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('listening'));
