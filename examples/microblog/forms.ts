/** The forms: zod says what is good, and the fields how they look. Labels and errors are translated where they are shown. */
import { FlaskForm } from '@qilin/flask-wtf';
import { z } from 'zod';

/** A text without blanks around it, of so many characters as people count them. */
const text = (min: number, max: number, message: string) =>
  z
    .string(message)
    .trim()
    .refine((value) => min <= [...value].length && [...value].length <= max, message);

const username = z
  .string()
  .trim()
  .regex(/^[a-z0-9_]{2,30}$/i, 'A name has 2 to 30 letters, digits or underscores.');
const email = z
  .string()
  .trim()
  .regex(/^[^\s@,<>]+@[^\s@,<>]+$/, 'This is no e-mail address.');
const password = z.string().min(8, 'A password has at least 8 characters.');
const isRepeated = (form: { readonly password: string; readonly again: string }) => form.password === form.again;
const NOT_REPEATED = { path: ['again'], message: 'The passwords differ.' };

const NEW_PASSWORD = {
  password: { type: 'password', required: true, renderKw: { autocomplete: 'new-password' } },
  again: { type: 'password', label: 'Password, once more', required: true, renderKw: { autocomplete: 'new-password' } },
} as const;

export const RegistrationForm = FlaskForm.of(
  z.object({ username, email, password, again: z.string() }).refine(isRepeated, NOT_REPEATED),
  { username: { required: true }, email: { type: 'email', label: 'E-mail', required: true }, ...NEW_PASSWORD },
);

export const LoginForm = FlaskForm.of(
  z.object({ username: z.string().trim(), password: z.string(), remember: z.boolean() }),
  {
    username: { required: true, renderKw: { autocomplete: 'username' } },
    password: { type: 'password', required: true, renderKw: { autocomplete: 'current-password' } },
    remember: { type: 'checkbox', label: 'Remember me' },
  },
);

export const ResetRequestForm = FlaskForm.of(z.object({ email }), {
  email: { type: 'email', label: 'E-mail', required: true },
});

export const ResetForm = FlaskForm.of(
  z.object({ password, again: z.string() }).refine(isRepeated, NOT_REPEATED),
  NEW_PASSWORD,
);

export const ProfileForm = FlaskForm.of(z.object({ username, about: text(0, 200, 'At most 200 characters.') }), {
  username: { required: true },
  about: { type: 'textarea', label: 'About me' },
});

/** What a post or a message says; the API asks the same of a post. */
export const body = text(1, 280, 'Please write 1 to 280 characters.');

export const PostForm = FlaskForm.of(z.object({ body }), {
  body: { type: 'textarea', label: 'What is new?', required: true },
});

export const MessageForm = FlaskForm.of(z.object({ body }), {
  body: { type: 'textarea', label: 'Message', required: true },
});
