/** The curves, drawn by uPlot in the colours of the page's style. */
import uPlot from 'uplot';
import { short } from './format.ts';
import type { Curve, Point } from './series.ts';
import type { Voice, Word } from './words.ts';

interface Drawn {
  readonly title: Word;
  readonly lines: readonly { readonly curve: Curve; readonly label: Word; readonly color: string }[];
}

const CHARTS: readonly Drawn[] = [
  {
    title: 'throughput',
    lines: [
      { curve: 'throughput', label: 'throughput', color: '--first' },
      { curve: 'errors', label: 'errors', color: '--bad' },
    ],
  },
  {
    title: 'latency',
    lines: [
      { curve: 'p50', label: 'p50', color: '--first' },
      { curve: 'p99', label: 'p99', color: '--second' },
      { curve: 'queue', label: 'queue', color: '--third' },
    ],
  },
  { title: 'lag', lines: [{ curve: 'lag', label: 'lag', color: '--first' }] },
  { title: 'cpu', lines: [{ curve: 'cpu', label: 'cpu', color: '--first' }] },
  { title: 'memory', lines: [{ curve: 'memory', label: 'memory', color: '--first' }] },
];

const HEIGHT = 150;
/** Seconds. */
const SHOWN = 600;
const LEAST_SHOWN = 60;

export class Charts {
  readonly #parent: HTMLElement;
  readonly #voice: Voice;
  #plots: readonly { readonly plot: uPlot; readonly chart: Drawn; readonly holder: HTMLElement }[] = [];

  constructor(parent: HTMLElement, voice: Voice) {
    this.#parent = parent;
    this.#voice = voice;
    new ResizeObserver(() => this.#fit()).observe(parent);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw([]));
  }

  /** Anew: in another language, or other colours. */
  redraw(points: readonly Point[]): void {
    for (const { plot } of this.#plots) plot.destroy();
    this.#parent.replaceChildren();
    this.#plots = CHARTS.map((chart) => this.#make(chart));
    this.show(points);
  }

  show(points: readonly Point[]): void {
    if (this.#plots.length === 0 && this.#parent.clientWidth > 0) this.redraw(points);
    if (points.length === 0) return;
    const times = points.map(({ at }) => at);
    for (const { plot, chart } of this.#plots)
      plot.setData([times, ...chart.lines.map(({ curve }) => points.map((point) => point[curve]))]);
  }

  #make(chart: Drawn): { readonly plot: uPlot; readonly chart: Drawn; readonly holder: HTMLElement } {
    const holder = document.createElement('div');
    const heading = document.createElement('h3');
    holder.className = 'curve';
    heading.textContent = this.#voice.say(chart.title);
    holder.append(heading);
    this.#parent.append(holder);
    const plot = new uPlot(this.#options(chart, holder.clientWidth), [[], ...chart.lines.map(() => [])], holder);
    return { plot, chart, holder };
  }

  #options({ lines }: Drawn, width: number): uPlot.Options {
    const style = getComputedStyle(document.documentElement);
    const color = colorIn(this.#parent);
    const axis = {
      stroke: color('--faint'),
      grid: { stroke: color('--line'), width: 1 },
      font: `11px ${style.fontFamily}`,
    };
    return {
      width,
      height: HEIGHT,
      cursor: { y: false },
      legend: { show: lines.length > 1 },
      scales: {
        x: { range: (_, least = 0, most = 0) => [Math.min(Math.max(least, most - SHOWN), most - LEAST_SHOWN), most] },
        y: { range: (_, _least, most) => [0, (most || 1) * 1.1] },
      },
      axes: [
        {
          ...axis,
          values: (_, ticks) => ticks.map((at) => this.#voice.time(at * 1000).slice(0, at % 60 === 0 ? 5 : 8)),
        },
        { ...axis, size: 48, values: (_, ticks) => ticks.map((tick) => (tick === 0 ? '0' : short(tick))) },
      ],
      series: [
        { label: this.#voice.say('at'), value: (_, at) => (at === null ? '–' : this.#voice.time(at * 1000)) },
        ...lines.map(({ label, color: name }) => ({
          label: this.#voice.say(label),
          stroke: color(name),
          width: 1.5,
          points: { show: false },
          value: (_: uPlot, value: number | null) => short(value),
        })),
      ],
    };
  }

  #fit(): void {
    for (const { plot, holder } of this.#plots) {
      if (holder.clientWidth > 0 && holder.clientWidth !== plot.width)
        plot.setSize({ width: holder.clientWidth, height: HEIGHT });
    }
  }
}

/** A canvas knows no `light-dark()`: the colour as it comes out for this element. */
function colorIn(element: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
