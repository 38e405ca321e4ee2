/** Apollo Server on Express with the plugin that drains its HTTP server: it follows every socket that the server has. */
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import express from 'express';

const typeDefs = `#graphql
  type Book { title: String!, author: Author! }
  type Author { name: String!, books: [Book!]! }
  type Query { author(name: String!): Author }
  type Mutation { rename(from: String!, to: String!): String! }
`;
const resolvers = {
  Query: { author: (_parent, { name }, { reader }) => ({ name, books: [{ title: `${name} for ${reader}` }] }) },
  Author: { books: ({ name, books }) => books.map((book) => ({ ...book, author: { name, books } })) },
  Mutation: { rename: async (_parent, { from, to }) => `${from} is ${to} now` },
};

const app = express();
const httpServer = createServer(app);
const plugins = [ApolloServerPluginDrainHttpServer({ httpServer })];
const server = new ApolloServer({ typeDefs, resolvers, plugins });
await server.start();
const context = async ({ req }) => ({ reader: req.get('x-reader') });
app.use('/graphql', express.json(), expressMiddleware(server, { context }));
await new Promise((resolve) => httpServer.listen({ port: 4000 }, resolve));
