/** All that the page shows of one look at the server. */
import type { ReloadStatus, SlowStatus, StallStatus, WorkerStatus } from '../contract/status.ts';
import type { Feed } from '../dashboard/feed.ts';
import { mebibytes, milliseconds, orDash, rounded, short } from './format.ts';
import { type Point, sumOf } from './series.ts';
import { type Column, type Pressed, setText, Table } from './tables.ts';
import type { Voice, Word } from './words.ts';

interface Elements {
  readonly server: HTMLElement;
  readonly facts: HTMLElement;
  readonly workers: HTMLTableElement;
  readonly slow: HTMLTableElement;
  readonly stalls: HTMLTableElement;
  readonly reloads: HTMLTableElement;
}

export class Board {
  readonly #elements: Elements;
  readonly #voice: Voice;
  readonly #workers: Table<WorkerStatus>;
  readonly #slow: Table<SlowStatus>;
  readonly #stalls: Table<StallStatus>;
  readonly #reloads: Table<ReloadStatus>;
  readonly #onProfile: (worker: WorkerStatus) => void;

  constructor(elements: Elements, voice: Voice, onProfile: (worker: WorkerStatus) => void) {
    this.#elements = elements;
    this.#voice = voice;
    this.#onProfile = onProfile;
    this.#workers = new Table(elements.workers);
    this.#slow = new Table(elements.slow);
    this.#stalls = new Table(elements.stalls);
    this.#reloads = new Table(elements.reloads);
  }

  show(feed: Feed, point: Point): void {
    const { status, takesOrders } = feed;
    const { version, pid, startedAt } = status;
    const voice = this.#voice;
    const none = voice.say('none');
    setText(
      this.#elements.server,
      voice.say('server', { version, pid, time: new Date(startedAt).toLocaleString(voice.language) }),
    );
    this.#showFacts(factsOf(feed, point, voice));
    const profile: Pressed<WorkerStatus> = { label: voice.say('profile'), press: this.#onProfile };
    this.#workers.show(workerColumns(voice), status.workers, none, takesOrders ? profile : undefined);
    this.#slow.show(slowColumns(voice), status.slowest, none);
    this.#stalls.show(stallColumns(voice), status.stalls, none);
    this.#reloads.show(reloadColumns(voice), status.reloads, none);
  }

  #showFacts(facts: readonly Fact[]): void {
    const { facts: list } = this.#elements;
    while (list.children.length < facts.length) {
      const pair = document.createElement('div');
      pair.append(document.createElement('dt'), document.createElement('dd'));
      list.append(pair);
    }
    for (const [index, [word, text]] of facts.entries()) {
      const [term, value] = list.children[index]?.children ?? [];
      if (term === undefined || value === undefined) continue;
      setText(term, this.#voice.say(word));
      setText(value, text);
      value.id = `fact-${word}`;
    }
  }
}

type Fact = readonly [word: Word, text: string];

function factsOf({ status, figures }: Feed, point: Point, voice: Voice): readonly Fact[] {
  const shed = status.workers.reduce((sum, worker) => sum + (worker.shed ?? 0), status.shedByArbiter);
  return [
    ['state', voice.sayIfKnown(status.state)],
    ['serve', `${status.workersReady} / ${status.workersWanted}`],
    ['generation', String(status.generation)],
    ['requests', String(sumOf(figures.qilin_requests))],
    ['throughput', short(point.throughput)],
    ['inFlight', String(sumOf(figures.qilin_requests_in_flight))],
    ['connections', String(sumOf(figures.qilin_connections))],
    ['cpu', rounded(point.cpu, 1)],
    ['memory', rounded(point.memory, 1)],
    ['shed', String(shed)],
    ['refusals', String(sumOf(figures.qilin_requests_refused))],
    ['deadlines', String(sumOf(figures.qilin_deadlines_passed))],
  ];
}

const workerColumns = (voice: Voice): readonly Column<WorkerStatus>[] => [
  { heading: voice.say('pid'), text: ({ pid }) => orDash(pid) },
  { heading: voice.say('generation'), text: ({ generation }) => String(generation) },
  { heading: voice.say('state'), isText: true, text: ({ state }) => voice.sayIfKnown(state) },
  { heading: voice.say('since'), text: ({ since }) => voice.time(since) },
  { heading: voice.say('requests'), text: ({ requests }) => orDash(requests), size: ({ requests }) => requests ?? -1 },
  { heading: voice.say('inFlight'), text: ({ inFlight }) => orDash(inFlight), size: ({ inFlight }) => inFlight ?? -1 },
  {
    heading: voice.say('connections'),
    text: ({ connections }) => orDash(connections),
    size: ({ connections }) => connections ?? -1,
  },
  { heading: 'CPU, s', text: ({ cpuSeconds }) => rounded(cpuSeconds, 1), size: ({ cpuSeconds }) => cpuSeconds ?? -1 },
  {
    heading: voice.say('resident'),
    text: ({ residentBytes }) => mebibytes(residentBytes),
    size: ({ residentBytes }) => residentBytes ?? -1,
  },
  {
    heading: voice.say('heap'),
    text: ({ heapUsedBytes }) => mebibytes(heapUsedBytes),
    size: ({ heapUsedBytes }) => heapUsedBytes ?? -1,
  },
  {
    heading: voice.say('lagOfOne'),
    text: ({ lagSeconds }) => milliseconds(lagSeconds),
    size: ({ lagSeconds }) => lagSeconds ?? -1,
  },
  { heading: voice.say('stuckAt'), isText: true, isBad: () => true, text: ({ stuckAt }) => stuckAt ?? '' },
];

const slowColumns = (voice: Voice): readonly Column<SlowStatus>[] => [
  {
    heading: voice.say('total'),
    text: ({ totalSeconds }) => milliseconds(totalSeconds),
    size: ({ totalSeconds }) => totalSeconds,
  },
  {
    heading: voice.say('inQueue'),
    text: ({ queueSeconds }) => milliseconds(queueSeconds),
    size: ({ queueSeconds }) => queueSeconds,
  },
  {
    heading: voice.say('inApp'),
    text: ({ appSeconds }) => milliseconds(appSeconds),
    size: ({ appSeconds }) => appSeconds,
  },
  {
    heading: voice.say('writing'),
    text: ({ writingSeconds }) => milliseconds(writingSeconds),
    size: ({ writingSeconds }) => writingSeconds,
  },
  { heading: voice.say('status'), text: ({ status }) => orDash(status), isBad: ({ status }) => (status ?? 0) >= 500 },
  { heading: voice.say('method'), isText: true, text: ({ method }) => method },
  { heading: voice.say('route'), isText: true, text: ({ route }) => route },
  { heading: voice.say('at'), text: ({ at }) => voice.time(at) },
];

const stallColumns = (voice: Voice): readonly Column<StallStatus>[] => [
  { heading: voice.say('stallTotal'), text: ({ totalSeconds }) => rounded(totalSeconds, 1) },
  { heading: voice.say('longest'), text: ({ longestSeconds }) => rounded(longestSeconds, 1) },
  { heading: voice.say('count'), text: ({ count }) => String(count) },
  { heading: voice.say('at'), text: ({ lastAt }) => voice.time(lastAt) },
  { heading: voice.say('place'), isText: true, text: ({ at }) => at },
];

const reloadColumns = (voice: Voice): readonly Column<ReloadStatus>[] => [
  { heading: voice.say('at'), text: ({ at }) => voice.time(at) },
  { heading: voice.say('by'), isText: true, text: ({ by }) => by },
  { heading: voice.say('generation'), text: ({ generation }) => orDash(generation) },
  {
    heading: voice.say('took'),
    text: ({ at, endedAt }) => rounded(endedAt === null ? null : (Date.parse(endedAt) - Date.parse(at)) / 1000, 1),
  },
  {
    heading: voice.say('outcome'),
    isText: true,
    isBad: ({ outcome }) => outcome === 'called off',
    text: ({ outcome }) => voice.sayIfKnown(outcome),
  },
  { heading: voice.say('reason'), isText: true, text: ({ reason }) => reason ?? '' },
];
