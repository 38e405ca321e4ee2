/** The router's answer where another URL is the one for what was asked. */
import { HTTPException } from './http-exception.ts';

/** A redirect of the router: to the canonical URL of what was asked for. */
export class RequestRedirect extends HTTPException {
  override readonly code: number = 308;
  readonly newUrl: string;

  constructor(newUrl: string, response: Response) {
    super(undefined, { response });
    this.newUrl = newUrl;
  }
}
