/** Line charts on two logarithmic axes as SVG text, readable on light and dark pages, in colour and without. */

/**
 * @typedef {{ readonly name: string, readonly points: readonly (readonly [number, number])[], readonly note?: string }} Series
 * `note` is said beside the last point, behind the name.
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {readonly number[]} ticks of the x-axis
 * @property {readonly Series[]} series four at most
 */

const WIDTH = 760;
const HEIGHT = 420;
const PLOT = { left: 78, right: 560, top: 56, bottom: 356 };
const LABEL_HEIGHT = 17;

const STYLE = `
  .page { fill: #ffffff } text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 16px; font-weight: 600 }
  .grid { stroke: #d8dee4; stroke-width: 1 } .line { fill: none; stroke: currentColor; stroke-width: 2.5 }
  .mark, text.name { fill: currentColor } .name { font-weight: 600 }
  .s0 { color: #b3400a } .s1 { color: #0b62b8 } .s2 { color: #8a3ab9 } .s3 { color: #14753c }
  .s1.line { stroke-dasharray: 9 4 } .s2.line { stroke-dasharray: 2 4 } .s3.line { stroke-dasharray: 9 4 2 4 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d }
    .s0 { color: #ff9d5c } .s1 { color: #6cb6ff } .s2 { color: #d2a8ff } .s3 { color: #6fdd8b }
  }`;

/** @param {string} text */
const escapeText = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** @param {number} value with thin spaces between the thousands */
const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009');

/**
 * @param {number} from
 * @param {number} to
 * @param {number} begin pixel of `from`
 * @param {number} end pixel of `to`
 * @returns {(value: number) => number}
 */
function logarithmic(from, to, begin, end) {
  const span = Math.log(to / from);
  return (value) => begin + ((end - begin) * Math.log(value / from)) / span;
}

/** @param {readonly Series[]} series the powers of ten around all values */
function decades(series) {
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/**
 * Moves labels apart that would cover each other.
 * @param {readonly number[]} wanted
 * @returns {readonly number[]}
 */
function spread(wanted) {
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const placed = [...wanted];
  let free = Number.NEGATIVE_INFINITY;
  for (const index of order) {
    placed[index] = Math.max(wanted[index] ?? 0, free);
    free = (placed[index] ?? 0) + LABEL_HEIGHT;
  }
  return placed;
}

/** A shape of its own for each series. @type {readonly ((x: number, y: number) => string)[]} */
const MARKS = [
  (x, y) => `M${x - 4.5},${y - 4.5}h9v9h-9z`,
  (x, y) => `M${x - 5},${y}a5,5 0 1,0 10,0a5,5 0 1,0 -10,0`,
  (x, y) => `M${x},${y - 6}l6,10h-12z`,
  (x, y) => `M${x},${y - 6}l6,6l-6,6l-6,-6z`,
];

/**
 * @param {Chart} chart
 * @returns {string}
 */
export function lineChart({ title, xLabel, yLabel, ticks, series }) {
  const x = logarithmic(ticks[0] ?? 1, ticks.at(-1) ?? 10, PLOT.left + 14, PLOT.right - 14);
  const steps = decades(series);
  const y = logarithmic(steps[0] ?? 1, steps.at(-1) ?? 10, PLOT.bottom, PLOT.top);
  const { left, right, top, bottom } = PLOT;
  const grid = [
    ...steps.map(
      (step) => `<path class="grid" d="M${left},${y(step)}H${right}"/>
  <text x="${left - 8}" y="${y(step) + 4}" text-anchor="end">${grouped(step)}</text>`,
    ),
    ...ticks.map(
      (tick) => `<path class="grid" d="M${x(tick)},${top}V${bottom}"/>
  <text x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${grouped(tick)}</text>`,
    ),
  ];
  const labels = spread(series.map(({ points }) => y(points.at(-1)?.[1] ?? 1)));
  const lines = series.map(({ name, points, note }, index) => {
    const pixels = points.map(([px, py]) => /** @type {const} */ ([round(x(px)), round(y(py))]));
    const marks = pixels.map(([px, py]) => MARKS[index]?.(px, py) ?? '').join('');
    return `<path class="line s${index}" d="M${pixels.map((pixel) => pixel.join(',')).join('L')}"/>
  <path class="mark s${index}" d="${marks}"/>
  <text class="name s${index}" x="${right + 12}" y="${round((labels[index] ?? 0) + 4)}">${escapeText(note === undefined ? name : `${name} ${note}`)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(title)}">
  <style>${STYLE}
  </style>
  <rect class="page" width="${WIDTH}" height="${HEIGHT}"/>
  <text class="title" x="${left}" y="24">${escapeText(title)}</text>
  <text x="${left}" y="44">${escapeText(yLabel)}</text>
  <text x="${(left + right) / 2}" y="${bottom + 44}" text-anchor="middle">${escapeText(xLabel)}</text>
  ${[...grid, ...lines].join('\n  ')}
</svg>
`;
}

/** @param {number} pixel */
const round = (pixel) => Math.round(pixel * 10) / 10;
