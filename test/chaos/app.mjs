/** The app of the chaos suite: answers as that of the process tests, and does the harm to its own process that it is asked for. */
import { existsSync, writeSync } from 'node:fs';
import { app as answers, fetchApp as fetchAnswers } from '../fixtures/app.mjs';

const STDOUT = 1;

/** Says that it has the process for itself, and keeps it until the harness has made this file. @param {string} until */
function hold(until) {
  writeSync(STDOUT, `holds ${process.pid}\n`);
  while (!existsSync(until));
}

/** Never returns: a full heap ends what it belongs to, well before `timeout`. */
function fillTheHeap() {
  const kept = [];
  for (;;) kept.push(new Array(2 ** 20).fill(0));
}

/** @type {Readonly<Record<string, (search: URLSearchParams) => void>>} */
const harm = {
  '/uncaught': () => {
    setImmediate(() => {
      throw new Error('on purpose: nobody catches this');
    });
  },
  '/stall': (search) => {
    const end = Date.now() + Number(search.get('ms'));
    while (Date.now() < end);
  },
  '/block': (search) => {
    hold(search.get('until') ?? '');
    for (;;);
  },
  '/leak': (search) => {
    hold(search.get('until') ?? '');
    fillTheHeap();
  },
  '/print': (search) => console.log(search.get('text')),
};

/** @param {string | undefined} url */
function doHarm(url) {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://test');
  harm[pathname]?.(searchParams);
}

/** @type {import('node:http').RequestListener} */
export const app = (req, res) => {
  doHarm(req.url);
  return answers(req, res);
};

export const fetchApp = {
  /** @param {Request} request */
  fetch(request) {
    doHarm(request.url);
    return fetchAnswers.fetch(request);
  },
};
