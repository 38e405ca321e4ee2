/** A server of `ws` as its README writes it: it says back what it hears, and looks whether its clients are still there. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const server = createServer((req, res) => res.end(`plain ${req.url}`));
const sockets = new WebSocketServer({ server, path: '/chat' });

sockets.on('connection', (socket) => {
  socket.isAlive = true;
  socket.on('pong', () => {
    socket.isAlive = true;
  });
  socket.on('error', console.error);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

const heartbeat = setInterval(() => {
  for (const socket of sockets.clients) {
    if (!socket.isAlive) socket.terminate();
    socket.isAlive = false;
    socket.ping();
  }
}, 30_000);
sockets.on('close', () => clearInterval(heartbeat));

server.listen(3000);
