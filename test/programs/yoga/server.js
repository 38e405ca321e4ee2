/** GraphQL Yoga on node:http, with a subscription over server-sent events. */
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';

const typeDefs = `
  type Query { hello(name: String!): String! }
  type Mutation { shout(text: String!): String! }
  type Subscription { countdown(from: Int!): Int! }
`;
const resolvers = {
  Query: { hello: (_parent, { name }, { request }) => `${name}, ${request.headers.get('x-reader')}` },
  Mutation: { shout: async (_parent, { text }) => text.toUpperCase() },
  Subscription: {
    countdown: {
      async *subscribe(_parent, { from }) {
        for (let count = from; count >= 0; count--) yield { countdown: count };
      },
    },
  },
};

createServer(createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false })).listen(4000);
