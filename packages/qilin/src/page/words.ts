/** What the page says, in English and Chinese. */

const EN = {
  language: '中文',
  token: 'Token (dashboardToken)',
  enter: 'Enter',
  wrongToken: 'That is not the token.',
  now: 'Now',
  curves: 'The last ten minutes',
  workers: 'Workers',
  slow: 'Slow routes',
  stalls: 'Where event loops stood still',
  reloads: 'Reloads and upgrades',
  log: 'Log',
  logFile: 'The end of the log file, as it is written.',
  logArbiter: "The arbiter's own lines. Where the log is a file (errorlog), those of the workers are here too.",
  logCut: '… lines left out …',
  reload: 'Reload',
  more: 'One worker more',
  fewer: 'One worker fewer',
  profile: 'Profile 10 s',
  profiling: 'Worker {pid} is being profiled for 10 s …',
  profiled: '{file}: open it in the DevTools of a browser',
  sureReload: 'Start new workers, which replace the present ones when they serve?',
  sureMore: 'Have one worker more?',
  sureFewer: 'Have one worker fewer?',
  yes: 'Yes',
  no: 'No',
  lost: 'No connection since {time}: what is shown is of then.',
  refused: 'The server refuses: {why}',
  server: 'Qilin {version}, arbiter {pid}, since {time}',
  state: 'State',
  starting: 'starting',
  serving: 'serving',
  draining: 'draining',
  stopping: 'stopping',
  booting: 'booting',
  ready: 'ready',
  gone: 'gone',
  serve: 'Workers that serve',
  generation: 'Generation',
  throughput: 'Requests a second',
  errors: 'Answers 5xx a second',
  inFlight: 'In flight',
  connections: 'Connections',
  shed: 'Shed',
  refusals: 'Refused',
  deadlines: 'Deadlines passed',
  latency: 'How long requests take, ms',
  p50: 'median',
  p99: '99 %',
  queue: 'in queue, 99 %',
  lag: 'Lag of the slowest event loop, ms',
  lagOfOne: 'Lag, ms',
  memory: 'Memory of all processes, MiB',
  cpu: 'CPU, % of a core',
  pid: 'PID',
  since: 'Since',
  requests: 'Requests',
  resident: 'Memory, MiB',
  heap: 'Heap, MiB',
  stuckAt: 'Stuck at',
  method: 'Method',
  route: 'Route',
  status: 'Status',
  total: 'In all, ms',
  inQueue: 'In queue',
  inApp: 'In the app',
  writing: 'Writing',
  at: 'At',
  place: 'Place',
  count: 'Times',
  stallTotal: 'In all, s',
  longest: 'Longest, s',
  by: 'By',
  took: 'Took, s',
  outcome: 'Outcome',
  done: 'done',
  'under way': 'under way',
  'called off': 'called off',
  reason: 'Reason',
  none: 'None so far.',
} as const;

export type Word = keyof typeof EN;
type Words = Readonly<Record<Word, string>>;

const ZH: Words = {
  language: 'English',
  token: '令牌（dashboardToken）',
  enter: '进入',
  wrongToken: '令牌不正确。',
  now: '现在',
  curves: '最近十分钟',
  workers: '工作进程',
  slow: '慢路由',
  stalls: '事件循环停顿的位置',
  reloads: '重载与升级',
  log: '日志',
  logFile: '日志文件的末尾，随写随显。',
  logArbiter: '仲裁进程自己的日志行。日志写入文件（errorlog）时，这里也有工作进程的日志。',
  logCut: '…… 省略若干行 ……',
  reload: '重载',
  more: '增加一个进程',
  fewer: '减少一个进程',
  profile: '采样 10 秒',
  profiling: '正在对进程 {pid} 采样 10 秒……',
  profiled: '{file}：可用浏览器的开发者工具打开',
  sureReload: '启动新的工作进程，并在其就绪后替换现有进程？',
  sureMore: '增加一个工作进程？',
  sureFewer: '减少一个工作进程？',
  yes: '是',
  no: '否',
  lost: '自 {time} 起连接中断：显示的是当时的数据。',
  refused: '服务器拒绝：{why}',
  server: 'Qilin {version}，仲裁进程 {pid}，启动于 {time}',
  state: '状态',
  starting: '启动中',
  serving: '服务中',
  draining: '排空中',
  stopping: '停止中',
  booting: '启动中',
  ready: '就绪',
  gone: '已退出',
  serve: '服务中的进程',
  generation: '代',
  throughput: '每秒请求数',
  errors: '每秒 5xx 应答',
  inFlight: '处理中',
  connections: '连接数',
  shed: '过载拒绝',
  refusals: '无效请求',
  deadlines: '超时',
  latency: '请求耗时（毫秒）',
  p50: '中位数',
  p99: '99 %',
  queue: '排队 99 %',
  lag: '最慢事件循环的延迟（毫秒）',
  lagOfOne: '延迟（毫秒）',
  memory: '所有进程的内存（MiB）',
  cpu: 'CPU（单核 %）',
  pid: 'PID',
  since: '始于',
  requests: '请求数',
  resident: '内存（MiB）',
  heap: '堆（MiB）',
  stuckAt: '卡在',
  method: '方法',
  route: '路由',
  status: '状态码',
  total: '合计（毫秒）',
  inQueue: '排队',
  inApp: '应用',
  writing: '发送',
  at: '时间',
  place: '位置',
  count: '次数',
  stallTotal: '合计（秒）',
  longest: '最长（秒）',
  by: '方式',
  took: '用时（秒）',
  outcome: '结果',
  done: '完成',
  'under way': '进行中',
  'called off': '已取消',
  reason: '原因',
  none: '暂无。',
};

export const LANGUAGES = { en: EN, zh: ZH } as const;
export type Language = keyof typeof LANGUAGES;

export const isWord = (text: string | undefined): text is Word => text !== undefined && Object.hasOwn(EN, text);

export class Voice {
  #language: Language;

  constructor(language: Language) {
    this.#language = language;
  }

  get language(): Language {
    return this.#language;
  }

  change(): void {
    this.#language = this.#language === 'en' ? 'zh' : 'en';
  }

  /** @param parts What stands for `{name}` in it. */
  say(word: Word, parts: Readonly<Record<string, string | number>> = {}): string {
    const text: string = LANGUAGES[this.#language][word];
    return text.replace(/\{(\w+)\}/g, (found, name: string) => String(parts[name] ?? found));
  }

  /** Of a word that a server of another version may not share. */
  sayIfKnown(text: string): string {
    return isWord(text) ? this.say(text) : text;
  }

  /** Of ISO 8601. */
  time(at: string | number): string {
    return new Date(at).toLocaleTimeString(this.#language, { hour12: false });
  }
}
