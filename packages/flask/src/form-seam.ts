/** Forms. */
import type { Config } from './config.ts';
import { MultiDict } from './http/multi-dict.ts';
import { urlDecode } from './http/urls.ts';
import type { FlaskRequest } from './request.ts';

export interface Form {
  readonly form: MultiDict<string>;
  readonly files: MultiDict<never>;
}

export async function readForm(request: FlaskRequest, _config: Config): Promise<Form> {
  if (request.mimetype !== 'application/x-www-form-urlencoded')
    return { form: new MultiDict(), files: new MultiDict() };
  return { form: urlDecode(await request.text), files: new MultiDict() };
}
