/** A handler that takes 20 ms of CPU, as an app for Qilin. */
const WORK = 20;

/** Of the CPU: what others take on a busy machine is not its work. */
export function work() {
  const from = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(from);
    if (user + system >= WORK * 1_000) return;
  }
}

/** @type {import('node:http').RequestListener} */
export const app = (_req, res) => {
  work();
  res.end('done');
};
