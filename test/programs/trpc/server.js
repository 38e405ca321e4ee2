/** tRPC's own server: a query, a mutation, an error, checked by zod. */
import { initTRPC, TRPCError } from '@trpc/server';
import { createHTTPServer } from '@trpc/server/adapters/standalone';
import { z } from 'zod';

const t = initTRPC.context().create();
const router = t.router({
  hello: t.procedure.input(z.string()).query(({ input, ctx }) => `${input}, ${ctx.reader}`),
  sum: t.procedure.input(z.array(z.number())).mutation(({ input }) => input.reduce((sum, each) => sum + each, 0)),
  missing: t.procedure.query(() => {
    throw new TRPCError({ code: 'NOT_FOUND' });
  }),
});

createHTTPServer({ router, createContext: ({ req }) => ({ reader: req.headers['x-reader'] }) }).listen(3000);
