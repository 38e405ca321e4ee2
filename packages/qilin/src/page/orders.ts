/** What the page may order, each change after a question. */
import type { WorkerStatus } from '../contract/status.ts';
import { order } from './server.ts';
import { setText } from './tables.ts';
import type { Voice, Word } from './words.ts';

const PROFILE_SECONDS = 10;
const CHANGES = {
  reload: { question: 'sureReload', command: 'reload', given: {} },
  more: { question: 'sureMore', command: 'scale', given: { to: '+1' } },
  fewer: { question: 'sureFewer', command: 'scale', given: { to: '-1' } },
} as const satisfies Readonly<
  Record<string, { readonly question: Word; readonly command: 'reload' | 'scale'; readonly given: object }>
>;

const isChange = (name: string | undefined): name is keyof typeof CHANGES =>
  name !== undefined && Object.hasOwn(CHANGES, name);

interface Elements {
  readonly buttons: HTMLElement;
  readonly said: HTMLElement;
  readonly sure: HTMLDialogElement;
  readonly question: HTMLElement;
}

export class Orders {
  readonly #elements: Elements;
  readonly #voice: Voice;

  constructor(elements: Elements, voice: Voice) {
    this.#elements = elements;
    this.#voice = voice;
    elements.buttons.addEventListener('click', ({ target }) => {
      const name = target instanceof HTMLElement ? target.dataset['order'] : undefined;
      if (isChange(name)) void this.#change(CHANGES[name]);
    });
  }

  async profile({ pid }: WorkerStatus): Promise<void> {
    if (pid === null) return;
    this.#say(this.#voice.say('profiling', { pid }));
    try {
      const profile = await order('profile', { pid, seconds: PROFILE_SECONDS });
      const file = `${pid}.cpuprofile`;
      save(profile, file);
      this.#say(this.#voice.say('profiled', { file }));
    } catch (error) {
      this.#say(String(error instanceof Error ? error.message : error));
    }
  }

  async #change({ question, command, given }: (typeof CHANGES)[keyof typeof CHANGES]): Promise<void> {
    if (!(await this.#isSure(question))) return;
    try {
      const said: unknown = JSON.parse(await (await order(command, given)).text());
      if (typeof said === 'object' && said !== null && 'message' in said) this.#say(String(said.message));
    } catch (error) {
      this.#say(String(error instanceof Error ? error.message : error));
    }
  }

  #isSure(question: Word): Promise<boolean> {
    const { sure } = this.#elements;
    setText(this.#elements.question, this.#voice.say(question));
    sure.returnValue = '';
    sure.showModal();
    return new Promise((resolve) => {
      sure.addEventListener('close', () => resolve(sure.returnValue === 'yes'), { once: true });
    });
  }

  #say(text: string): void {
    setText(this.#elements.said, text);
  }
}

function save(content: Blob, file: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}
