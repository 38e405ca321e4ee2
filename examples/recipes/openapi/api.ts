/** Routes by schemas of zod, and the OpenAPI document that the same schemas make: it cannot say what is not so. */
import { type Flask, jsonify, makeResponse, request, type ViewParams } from '@qilin/flask';
import { z } from 'zod';

interface Operation<T extends z.ZodType> {
  /** Endpoint and operationId. */
  readonly name: string;
  readonly summary: string;
  /** What is answered: what it does not name stays in. */
  readonly reply: T;
  /** Default 200. */
  readonly status?: number;
}

type Result<T extends z.ZodType> = z.input<T> | Response | Promise<z.input<T> | Response>;

const TYPES: Readonly<Record<string, object>> = {
  int: { type: 'integer' },
  float: { type: 'number' },
  uuid: { type: 'string', format: 'uuid' },
};
/** `<int(min=1):id>` of a rule: its converter and its name. */
const VARIABLE = /<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>/g;
const Refusal = z.object({ errors: z.array(z.object({ path: z.string(), message: z.string() })) });

export class Api {
  readonly #app: Flask;
  readonly #paths: Record<string, Record<string, object>> = {};

  /** Adds `/openapi.json` to the app. */
  constructor(app: Flask, info: { readonly title: string; readonly version: string }) {
    this.#app = app;
    app.get('/openapi.json', () => ({ openapi: '3.1.0', info, paths: this.#paths }));
  }

  get<const R extends string, T extends z.ZodType>(
    rule: R,
    operation: Operation<T>,
    view: (params: ViewParams<R>) => Result<T>,
  ): void {
    this.#add('get', rule, operation, view, {});
  }

  /** The request's JSON has to be what `body` says, else the answer is 422. */
  post<const R extends string, B extends z.ZodType, T extends z.ZodType>(
    rule: R,
    operation: Operation<T> & { readonly body: B },
    view: (params: ViewParams<R>, body: z.output<B>) => Result<T>,
  ): void {
    const checked = async (params: ViewParams<R>) => {
      const body = operation.body.safeParse(await request.json);
      if (body.success) return view(params, body.data);
      const errors = body.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
      return makeResponse(jsonify({ errors }), 422);
    };
    const requestBody = { required: true, content: json(operation.body, 'input') };
    const refusal = { 422: { description: 'The body is not what it should be.', content: json(Refusal, 'output') } };
    this.#add('post', rule, operation, checked, { requestBody }, refusal);
  }

  #add<R extends string, T extends z.ZodType>(
    method: 'get' | 'post',
    rule: R,
    { name, summary, reply, status = 200 }: Operation<T>,
    view: (params: ViewParams<R>) => Result<T>,
    more: object,
    refusal: object = {},
  ): void {
    this.#app.addUrlRule(
      rule,
      name,
      async (params: ViewParams<R>) => {
        const result = await view(params);
        return result instanceof Response ? result : makeResponse(jsonify(reply.parse(result)), status);
      },
      { methods: [method.toUpperCase()] },
    );
    const parameters = [...rule.matchAll(VARIABLE)].map(([, converter = '', variable = '']) => ({
      ...{ name: variable, in: 'path', required: true },
      schema: TYPES[converter] ?? { type: 'string' },
    }));
    const responses = { [status]: { description: summary, content: json(reply, 'output') }, ...refusal };
    const path = rule.replace(VARIABLE, '{$2}');
    this.#paths[path] = {
      ...this.#paths[path],
      [method]: { operationId: name, summary, parameters, ...more, responses },
    };
  }
}

const json = (schema: z.ZodType, io: 'input' | 'output') => ({
  'application/json': { schema: z.toJSONSchema(schema, { io }) },
});
