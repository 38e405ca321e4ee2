/** All cases, by area. */
import type { Case } from '../case.ts';
import { cookies } from './cookies.ts';
import { errors } from './errors.ts';
import { files } from './files.ts';
import { forms } from './forms.ts';
import { jsonBodies } from './json.ts';
import { named } from './named.ts';
import { pages } from './pages.ts';
import { replies } from './replies.ts';
import { requests } from './requests.ts';
import { routing } from './routing.ts';
import { sessions } from './sessions.ts';

export const CASES: Readonly<Record<string, readonly Case[]>> = {
  routing,
  errors,
  json: jsonBodies,
  forms,
  cookies,
  sessions,
  files,
  named,
  pages,
  requests,
  replies,
};
