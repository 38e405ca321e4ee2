/** Forms by a schema of zod; rendered.json has what Python's WTForms makes of the same templates, and says of which version. */
import { FileStorage, Flask, renderTemplateString } from '@qilin/flask';
import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { FlaskForm, type StandardSchema } from '../src/index.ts';
import rendered from './rendered.json' with { type: 'json' };

const choices = [['a', 'A & B'] as const, ['b', 'B'] as const];

const anything: StandardSchema<object, object> = {
  '~standard': { version: 1, validate: () => ({ value: {} }) },
};

const AllFields = FlaskForm.of(anything, {
  name: { label: 'Your <name>', required: true, description: 'As on the door' },
  email: { type: 'email', label: 'E-Mail', renderKw: { placeholder: 'you@example.org' } },
  secret: { type: 'password' },
  about: { type: 'textarea' },
  remember_me: { type: 'checkbox' },
  age: { type: 'number' },
  day: { type: 'date' },
  plan: { type: 'select', choices },
  tags: { type: 'select-multiple', choices },
  size: { type: 'radio', choices },
  next: { type: 'hidden' },
  photo: { type: 'file' },
  more: { type: 'files' },
  save: { type: 'submit' },
});

const FULL = {
  ...{ name: '<Ann> & "Bob"', email: 'a@b.c', secret: 's', about: 'x\n<y>', remember_me: true, age: 7 },
  ...{ day: new Date('2026-11-28'), plan: 'b', tags: ['a', 'b'], size: 'a', next: '/here?a=1&b' },
};

function createApp() {
  const app = new Flask(import.meta, { staticFolder: null });
  app.config.SECRET_KEY = 'of this test';
  return { app, client: app.testClient() };
}

test.each(rendered.rendered)('%s is what WTForms makes of it', async (template = '', empty, full) => {
  const { app } = createApp();
  app.config.WTF_CSRF_ENABLED = false;
  const render = (data?: object) =>
    app.testRequestContext('/').run(() => renderTemplateString(template, { form: new AllFields(data) }));
  expect([await render(), await render(FULL)]).toEqual([empty, full]);
});

const Registration = FlaskForm.of(
  z
    .object({
      email: z.email('No address.'),
      age: z.number('How old?').min(18, 'Too young.').optional(),
      terms: z.literal(true, 'You have to agree.'),
      tags: z.array(z.enum(['a', 'b'])),
      photo: z.instanceof(FileStorage, { message: 'No photo.' }).optional(),
    })
    .refine(({ email, tags }) => !(email.startsWith('a') && tags.includes('a')), 'No a with an a.'),
  {
    email: { type: 'email' },
    age: { type: 'number' },
    terms: { type: 'checkbox' },
    tags: { type: 'select-multiple', choices },
    photo: { type: 'file' },
    save: { type: 'submit' },
  },
);

function registrationApp() {
  const { app, client } = createApp();
  app.route('/', { methods: ['GET', 'POST'], endpoint: 'register' }, async () => {
    const form = new Registration();
    if (!(await form.validateOnSubmit())) {
      const errors = { errors: form.errors, email: form.fields.email.errors };
      return request(form) ?? errors;
    }
    expectTypeOf(form.data.age).toEqualTypeOf<number | undefined>();
    const { photo, ...rest } = form.data;
    return { ...rest, photo: photo?.filename, save: form.fields.save.data };
  });
  const request = (form: InstanceType<typeof Registration>) =>
    form.isSubmitted() ? undefined : renderTemplateString('{{ form.hidden_tag() }}', { form });
  const token = async () => /value="([^"]+)"/.exec((await client.get('/')).text)?.[1] ?? '';
  return { app, client, token };
}

test('what is good is what the schema makes of it', async () => {
  const { client, token } = registrationApp();
  const photo = new File(['x'], 'me.png');
  const data = {
    csrf_token: await token(),
    email: 'b@b.de',
    age: '20',
    terms: 'y',
    tags: ['a', 'b'],
    photo,
    save: 'Save',
  };
  expect((await client.post('/', { data })).json).toEqual({
    ...{ email: 'b@b.de', age: 20, terms: true, tags: ['a', 'b'], photo: 'me.png', save: true },
  });
});

test.each<[sent: Record<string, string | string[]>, errors: Record<string, string[]>]>([
  [
    { email: 'b', age: '17', terms: 'y' },
    { email: ['No address.'], age: ['Too young.'] },
  ],
  [
    { email: 'b@b.de', age: 'old', terms: '' },
    { age: ['How old?'], terms: ['You have to agree.'] },
  ],
  [{ email: 'a@b.de', age: '', terms: 'y', tags: 'a' }, { '': ['No a with an a.'] }],
])('%j is told what is wrong', async (sent, errors) => {
  const { client, token } = registrationApp();
  const { json } = await client.post('/', { data: { csrf_token: await token(), ...sent } });
  expect(json).toMatchObject({ errors, email: errors['email'] ?? [] });
});

test('a form needs its token, unless it says otherwise', async () => {
  const { app, client } = registrationApp();
  const good = { email: 'b@b.de', terms: 'y' };
  expect((await client.post('/', { data: good })).json).toMatchObject({
    errors: { csrf_token: ['The CSRF token is missing.'] },
  });
  app.config.WTF_CSRF_ENABLED = false;
  expect((await client.post('/', { data: good })).json).toMatchObject({ email: 'b@b.de' });
});

test('what was sent is shown again, with what is wrong; a prefix tells forms apart', async () => {
  const { app, client } = createApp();
  app.config.WTF_CSRF_ENABLED = false;
  const Mail = FlaskForm.of(z.object({ mail: z.email('No address.') }), { mail: {} });
  app.post('/', async () => {
    const form = new Mail({}, { prefix: 'b' });
    await form.validateOnSubmit();
    return renderTemplateString('{{ form.mail }}{% for error in form.mail.errors %} {{ error }}{% endfor %}', { form });
  });
  const { text } = await client.post('/', { data: { 'a-mail': 'other', 'b-mail': '"><script>' } });
  expect(text).toBe('<input id="b-mail" name="b-mail" type="text" value="&#34;&gt;&lt;script&gt;"> No address.');
});

test('there is no data of a form that nobody looked at, and no attribute by a made up name', async () => {
  const { app } = createApp();
  await app.testRequestContext('/').run(async () => {
    expect(() => new AllFields().data).toThrow('The form has no valid data: look first');
    const injected = renderTemplateString('{{ form.name(**{"x onload=": 1}) }}', { form: new AllFields() });
    await expect(injected).rejects.toThrow("'x onload=' is no name of an HTML attribute.");
  });
});

test("a loop over a form, and what its fields are called, is WTForms's: the token is the last", async () => {
  const { app, client } = createApp();
  const Form = FlaskForm.of(z.object({ a: z.string(), b: z.string(), c: z.boolean(), d: z.string() }), {
    a: {},
    b: { type: 'hidden' },
    c: { type: 'checkbox' },
    d: { type: 'select-multiple' },
  });
  const source = '{% for f in form %}{{ f.name }} {{ f.type }} {{ f.widget.input_type == "hidden" }};{% endfor %}';
  app.get('/loop', () => renderTemplateString(`${source}{{ form.hidden_tag() }}`, { form: new Form() }));
  const { text } = await client.get('/loop');
  expect(text).toContain('a StringField False;b HiddenField True;c BooleanField False;d SelectMultipleField False;');
  expect(text).toMatch(/csrf_token CSRFTokenField True;<input id="b"[^>]*><input id="csrf_token"/);
});
