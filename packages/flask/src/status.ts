/** Status codes in words, with Werkzeug's spelling where it is not Node's. */
import { STATUS_CODES } from 'node:http';

const WERKZEUG: Readonly<Record<number, string>> = {
  203: 'Non Authoritative Information',
  207: 'Multi Status',
  306: 'Switch Proxy',
  413: 'Request Entity Too Large',
  414: 'Request URI Too Long',
  416: 'Requested Range Not Satisfiable',
  418: "I'm a teapot",
  449: 'Retry With',
  511: 'Network Authentication Failed',
};

/** `Not Found` for 404; `Unknown Error` for a code that has no name. */
export const statusName = (code: number): string => WERKZEUG[code] ?? STATUS_CODES[code] ?? 'Unknown Error';
