/** An app whose event loop stands still in each of the ways that JavaScript has, for so many milliseconds of CPU time. */
const TEXT = JSON.stringify(Array.from({ length: 2_000 }, (_, index) => ({ index, name: String(index) })));
const SUBJECT = `${'a'.repeat(22)}!`;
/** What a collection has to go through. */
const kept = Array.from({ length: 20_000 }, (_, index) => ({ index }));

const usage = () => process.cpuUsage().user;

/** The names of functions are what is to be told. @type {Readonly<Record<string, (end: number) => void>>} */
const STALLS = {
  loop(end) {
    while (process.cpuUsage().user < end);
  },
  match(end) {
    while (process.cpuUsage().user < end) /^(?:a|a?)+$/.test(SUBJECT);
  },
  parse(end) {
    while (process.cpuUsage().user < end) JSON.parse(TEXT);
  },
  collect(end) {
    while (process.cpuUsage().user < end) for (const each of kept) void { ...each };
  },
};

export default {
  /** @param {Request} request */
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    STALLS[pathname.slice(1)]?.(usage() + Number(searchParams.get('ms')) * 1_000);
    return new Response('done');
  },
};
