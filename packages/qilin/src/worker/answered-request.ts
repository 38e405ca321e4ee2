/** What the access log takes of one request, the same on each HTTP stack; the headers are looked up where that keeps them. */
import type { LogFieldValue } from '../contract/log-fields.ts';
import type { AccessEntry } from '../contract/worker-class.ts';
import type { Origin } from './origin.ts';

/** A client that left before the answer: nginx's, since a status that was never sent would mislead. */
const CLIENT_LEFT = 499;

interface Facts extends Pick<AccessEntry, 'method' | 'target' | 'protocol' | 'microseconds'> {
  /** undefined when no answer was begun. */
  readonly status: number | undefined;
  /** What the app wrote as a body, also where the answer must not have one. */
  readonly bytesWritten: number;
}

export abstract class AnsweredRequest implements AccessEntry {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly status: number;
  readonly bytes: number;
  readonly microseconds: number;
  readonly client: string | undefined;
  readonly scheme: 'http' | 'https';
  readonly server: string;

  constructor({ method, target, protocol, microseconds, status, bytesWritten }: Facts, origin: Origin) {
    this.method = method;
    this.target = target;
    this.protocol = protocol;
    this.status = status ?? CLIENT_LEFT;
    this.bytes = hasBody(method, this.status) ? bytesWritten : 0;
    this.microseconds = microseconds;
    this.client = origin.client;
    this.scheme = origin.scheme;
    this.server = origin.server;
  }

  abstract requestHeader(name: string): string | undefined;
  abstract responseHeader(name: string): string | undefined;

  /** By what `addLogFields` knows it by. */
  abstract ownField(name: string): LogFieldValue;
}

/** RFC 9110, section 6.4.1. */
const hasBody = (method: string, status: number) => method !== 'HEAD' && status !== 204 && status !== 304;
