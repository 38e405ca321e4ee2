/** The app of websockets-drain.mjs: sends numbers to each of its clients, so that one that is lost shows. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const EVERY = 10_000;

const server = createServer((_req, res) => res.end(String(process.pid)));
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  let number = 0;
  const send = () => socket.send(String(number++));
  send();
  const timer = setInterval(send, EVERY);
  socket.on('close', () => clearInterval(timer));
});
server.listen(3000);
