/** One form by each of the libraries that docs name: a form asks nothing of its schema but what all of them have. */
import { FileStorage, Flask, type FormFields } from '@qilin/flask';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { FlaskForm } from '../src/index.ts';

const FIELDS = {
  email: { type: 'email' },
  age: { type: 'number' },
  plan: { type: 'select', choices: ['a', 'b'] },
  tags: { type: 'select-multiple', choices: ['x', 'y'] },
  terms: { type: 'checkbox' },
  photo: { type: 'file' },
  save: { type: 'submit' },
} as const;

const byZod = FlaskForm.of(
  z.object({
    email: z.email('No address.'),
    age: z.number('How old?').min(18, 'Too young.').optional(),
    plan: z.enum(['a', 'b'], 'No plan.'),
    tags: z.array(z.string()),
    terms: z.literal(true, 'You have to agree.'),
    photo: z.instanceof(FileStorage, { message: 'No photo.' }),
  }),
  FIELDS,
);

const byValibot = FlaskForm.of(
  v.object({
    email: v.pipe(v.string(), v.email('No address.')),
    age: v.optional(v.pipe(v.number('How old?'), v.minValue(18, 'Too young.'))),
    plan: v.picklist(['a', 'b'], 'No plan.'),
    tags: v.array(v.string()),
    terms: v.literal(true, 'You have to agree.'),
    photo: v.instance(FileStorage, 'No photo.'),
  }),
  FIELDS,
);

const byArktype = FlaskForm.of(
  type({
    email: type('string.email').configure({ message: 'No address.' }),
    'age?': type('number >= 18').configure({ message: ({ code }) => (code === 'min' ? 'Too young.' : 'How old?') }),
    plan: type("'a' | 'b'").configure({ message: 'No plan.' }),
    tags: 'string[]',
    terms: type('true').configure({ message: 'You have to agree.' }),
    photo: type.instanceOf(FileStorage).configure({ message: 'No photo.' }),
  }),
  FIELDS,
);

describe.each([
  ['zod', byZod],
  ['valibot', byValibot],
  ['arktype', byArktype],
])('a form by a schema of %s', (library, Form) => {
  function send(data: FormFields) {
    const app = new Flask(import.meta, { staticFolder: null });
    app.config.SECRET_KEY = 'of this test';
    app.config.WTF_CSRF_ENABLED = false;
    app.post('/', async () => {
      const form = new Form();
      if (!(await form.validateOnSubmit())) return { errors: form.errors };
      const { photo, ...rest } = form.data;
      expectTypeOf(rest.age).toEqualTypeOf<number | undefined>();
      expectTypeOf(rest.plan).toEqualTypeOf<'a' | 'b'>();
      return { ...rest, photo: photo.filename };
    });
    return app.testClient().post('/', { data });
  }

  test('takes what is good, as what the fields are', async () => {
    const good = {
      email: 'a@b.example',
      age: '18',
      plan: 'b',
      tags: ['x', 'y'],
      terms: 'y',
      photo: new File(['1'], 'me.png'),
    };
    const { json } = await send(good);
    expect(json).toEqual({ email: 'a@b.example', age: 18, plan: 'b', tags: ['x', 'y'], terms: true, photo: 'me.png' });
    expect((await send({ ...good, age: '' })).json).not.toHaveProperty('age');
  });

  test('says of each field what is wrong, in the words of the schema', async () => {
    const { json } = await send({ email: 'a', age: '17', plan: 'c' });
    const errors = { email: ['No address.'], age: ['Too young.'], plan: ['No plan.'], terms: ['You have to agree.'] };
    // Of a key that is not there, zod says what its schema does, the others what they say of all.
    const photo = library === 'zod' ? 'No photo.' : expect.stringMatching(/photo/);
    expect(json).toEqual({ errors: { ...errors, photo: [photo] } });
    expect((await send({ age: 'old' })).json).toMatchObject({ errors: { age: ['How old?'] } });
  });
});
