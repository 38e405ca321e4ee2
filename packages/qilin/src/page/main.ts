/** The dashboard's page: asks the arbiter each second, and shows what it says, or that it says nothing. */
import type { Feed } from '../dashboard/feed.ts';
import { Board } from './board.ts';
import { Charts } from './charts.ts';
import { LogView } from './log-view.ts';
import { Orders } from './orders.ts';
import { pointOf, Series } from './series.ts';
import { askAccess, askFeed, hasToken, ServerRefusal, useToken } from './server.ts';
import { setText } from './tables.ts';
import { isWord, LANGUAGES, type Language, Voice } from './words.ts';

const EACH = 1_000;
const LANGUAGE = 'qilin.language';
const NO_TOKEN = 401;

function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${id}`);
  return element;
}

const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(LANGUAGES, text);

function languageAtFirst(): Language {
  const chosen = localStorage.getItem(LANGUAGE);
  return isLanguage(chosen) ? chosen : navigator.language.startsWith('zh') ? 'zh' : 'en';
}

const div = (id: string) => find(id, HTMLElement);
const table = (id: string) => find(id, HTMLTableElement);

const voice = new Voice(languageAtFirst());
const series = new Series();
const orders = new Orders(
  { buttons: div('orders'), said: div('said'), sure: find('sure', HTMLDialogElement), question: div('question') },
  voice,
);
const board = new Board(
  {
    server: div('server'),
    facts: div('facts'),
    workers: table('workers'),
    slow: table('slow'),
    stalls: table('stalls'),
    reloads: table('reloads'),
  },
  voice,
  (worker) => void orders.profile(worker),
);
const charts = new Charts(div('curves'), voice);
const log = new LogView(div('log'));
let last: Feed | undefined;
/** Without a token. */
let isKnownToBeOpen = false;
/** Milliseconds since the epoch. */
let lostAt: number | undefined;

async function look(): Promise<void> {
  try {
    if (!isKnownToBeOpen && !hasToken()) {
      const { needsToken } = await askAccess();
      if (needsToken) return askForToken();
      isKnownToBeOpen = true;
    }
    showFeed(await askFeed(last?.log.next ?? ''));
  } catch (error) {
    if (error instanceof ServerRefusal && error.status === NO_TOKEN) askForToken();
    else showTrouble(error);
  }
}

function showFeed(feed: Feed): void {
  const isSame = last?.status.pid === feed.status.pid && last.status.startedAt === feed.status.startedAt;
  const point = pointOf(feed, isSame ? last : undefined);
  lostAt = undefined;
  last = feed;
  series.add(point);
  div('entrance').hidden = true;
  div('trouble').hidden = true;
  div('board').hidden = false;
  div('orders').hidden = !feed.takesOrders;
  document.body.classList.remove('stale');
  board.show(feed, point);
  charts.show(series.points);
  log.add(feed.log, voice.say('logCut'));
  setText(div('log-source'), voice.say(feed.log.source === 'file' ? 'logFile' : 'logArbiter'));
}

/** What is shown stays, and is told to be old. */
function showTrouble(error: unknown): void {
  lostAt ??= Date.now();
  const text =
    error instanceof ServerRefusal
      ? voice.say('refused', { why: error.message })
      : voice.say('lost', { time: voice.time(lostAt) });
  const trouble = div('trouble');
  setText(trouble, text);
  trouble.hidden = false;
  document.body.classList.add('stale');
  series.addGap(Date.now());
  if (last !== undefined) charts.show(series.points);
}

function askForToken(): void {
  const entrance = div('entrance');
  div('board').hidden = true;
  div('trouble').hidden = true;
  setText(div('entrance-trouble'), hasToken() ? voice.say('wrongToken') : '');
  if (!entrance.hidden) return;
  entrance.hidden = false;
  find('token', HTMLInputElement).focus();
}

function speak(): void {
  document.documentElement.lang = voice.language;
  for (const element of document.querySelectorAll<HTMLElement>('[data-word]')) {
    const { word } = element.dataset;
    if (isWord(word)) setText(element, voice.say(word));
  }
  const language = div('language');
  setText(language, voice.say('language'));
  language.lang = voice.language === 'en' ? 'zh' : 'en';
}

div('language').addEventListener('click', () => {
  voice.change();
  localStorage.setItem(LANGUAGE, voice.language);
  speak();
  charts.redraw(series.points);
  void look();
});
find('entrance', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(find('token', HTMLInputElement).value.trim());
  void look();
});

speak();
for (;;) {
  await look();
  await new Promise((resolve) => setTimeout(resolve, EACH));
}
