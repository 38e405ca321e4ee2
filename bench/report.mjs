/** Turns figures into medians, ratios and a table in Markdown. Pure. */

/**
 * @typedef {import('./rows.mjs').Row} Row
 * @typedef {import('./rows.mjs').Goal} Goal
 * @typedef {ReadonlyMap<string, readonly number[]>} Figures Contender's name → what was measured, in order.
 */

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}

/** @param {number} value */
const short = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));

/** Each contender's median, with the least and the most. @param {Row} row @param {Figures} figures */
export function medians({ title, unit }, figures) {
  const lines = [...figures].map(([name, values]) => {
    const range = `${short(Math.min(...values))} – ${short(Math.max(...values))}`;
    return `| ${name} | ${short(median(values))} | ${range} |`;
  });
  return [`### ${title}: ${unit}`, '', '| contender | median | range |', '| --- | ---: | ---: |', ...lines, ''].join(
    '\n',
  );
}

/** What each goal asked for and what came of it. @param {readonly { row: Row, figures: Figures }[]} results */
export function goals(results) {
  const lines = results.flatMap(({ row, figures }) => row.goals.flatMap((goal) => goalLine(row, goal, figures)));
  return ['| work | goal | measured | |', '| --- | --- | --- | --- |', ...lines, ''].join('\n');
}

/** @param {Row} row @param {Goal} goal @param {Figures} figures @returns {string[]} none when one of the two is not there */
function goalLine({ title, unit }, { who, is, times = 1, plus, of, bound }, figures) {
  const mine = figures.get(who.name);
  const other = of === undefined ? undefined : figures.get(of.name);
  if (mine === undefined || (of !== undefined && other === undefined)) return [];
  const figure = median(mine);
  const base = other === undefined ? undefined : median(other);
  const [reached, wanted, measure] =
    of === undefined || base === undefined
      ? [figure, bound ?? Number.NaN, ` ${unit}`]
      : plus === undefined
        ? [figure / base, times, ` × ${of.name}`]
        : [figure - base, plus, ` ${unit} more than ${of.name}`];
  const met = { '≤': reached <= wanted, '<': reached < wanted, '≥': reached >= wanted }[is];
  const cells = [
    title,
    `${who.name} ${is} ${wanted}${measure}`,
    `${short(reached)}${measure}`,
    met ? 'met' : '**missed**',
  ];
  return [`| ${cells.join(' | ')} |`];
}
