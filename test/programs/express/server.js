/** Express as most of its sites have it: sessions in Redis, uploads, compression. Redis is at the socket REDIS of the environment. */
import { createHash } from 'node:crypto';
import compression from 'compression';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import multer from 'multer';
import { createClient } from 'redis';

const redis = createClient({ socket: { path: process.env.REDIS, tls: false } });
await redis.connect();

const app = express();
app.use(compression());
app.get('/hello/:name', (req, res) => res.send(`Hello, ${req.params.name}!`));
app.get('/lines/:word', (req, res) => res.type('text').send(`${req.params.word}\n`.repeat(500)));
app.post('/echo', express.json(), (req, res) => res.json(req.body));

const store = new RedisStore({ client: redis });
app.use(session({ store, secret: 'not so secret', resave: false, saveUninitialized: false }));
app.get('/visits', (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1;
  res.json({ visits: req.session.visits });
});

const upload = multer({ limits: { fileSize: 64 * 1024 } });
app.post('/upload', upload.single('file'), ({ file, body }, res) => {
  const sha256 = createHash('sha256').update(file.buffer).digest('hex');
  res.json({ title: body.title, name: file.originalname, sha256 });
});
app.use((error, _req, res, _next) => {
  res.status(error.code === 'LIMIT_FILE_SIZE' ? 413 : 500).json({ error: error.message });
});

const server = app.listen(3000);
process.on('SIGTERM', () => server.close(() => redis.close()));
