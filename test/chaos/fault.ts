/** What is done to a server, and what it may cost. One object each: processes, deploys, app and machine have them. */
import type { Cost } from './cost.ts';
import type { Random } from './random.ts';
import type { Scene } from './scene.ts';

export interface Fault {
  readonly name: string;
  readonly cost: Cost;
  /** Why it cannot be done to this server here; undefined when it can. Default: it always can. */
  lacks?(scene: Scene): string | undefined;
  /** Does it, sees that the server takes it as it should, and undoes what would stay. */
  act(scene: Scene, random: Random): Promise<void>;
}
