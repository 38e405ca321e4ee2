/** Socket.IO with a room for each word, over WebSocket alone: with several workers, polling needs what docs/apps.md says. */
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer((req, res) => res.end(`plain ${req.url}`));
const io = new Server(server, { transports: ['websocket'] });

io.on('connection', (socket) => {
  socket.on('ask', (text, answer) => answer(text));
  socket.on('say', (room, text) => {
    socket.join(room);
    io.to(room).emit('said', text);
  });
});

server.listen(3000);
