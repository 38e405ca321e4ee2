/** Express that hands /api and its WebSockets on to the server at UPSTREAM of the environment. */
import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

const target = process.env.UPSTREAM;
const api = createProxyMiddleware({ target, changeOrigin: true, agent: new Agent({ keepAlive: true }) });
const sockets = createProxyMiddleware({ target, changeOrigin: true });

const app = express();
app.get('/hello/:name', (req, res) => res.send(`Hello, ${req.params.name}!`));
app.use('/api', api);
const server = app.listen(3000);
server.on('upgrade', sockets.upgrade);
