/** Users as an API; `/openapi.json` describes it to Swagger UI, Scalar, and makers of clients. */
import { abort, Flask } from '@qilin/flask';
import { z } from 'zod';
import { Api } from './api.ts';

export const app = new Flask(import.meta);
const api = new Api(app, { title: 'Users', version: '1.0.0' });

const NewUser = z.object({ email: z.email(), age: z.int().min(0).optional(), password: z.string().min(8) });
const User = z.object({ id: z.int(), email: z.string(), age: z.int().optional() });
const users: (z.infer<typeof NewUser> & { readonly id: number })[] = [];

api.post(
  '/users',
  { name: 'createUser', summary: 'The user, who is new.', body: NewUser, reply: User, status: 201 },
  (_params, body) => {
    const user = { id: users.length + 1, ...body };
    users.push(user);
    return user; // the password is no part of User: it is not sent
  },
);

api.get('/users/<int:id>', { name: 'user', summary: 'A user.', reply: User }, ({ id }) => users[id - 1] ?? abort(404));

api.get('/users', { name: 'users', summary: 'All users.', reply: z.array(User) }, () => users);
