/** Where the compiler is: which scope, which buffer, which escaping. */
import { Scope } from './scopes.ts';

interface FrameState {
  readonly scope: Scope;
  /** JavaScript: `true`, `false` or a variable. */
  readonly autoescape: string;
  /** The variable that output is added to. */
  readonly buffer: string;
  /** Output goes to the page itself: it may be sent on before the rest is done. */
  readonly isStreamed: boolean;
  /** The template's own level, where what is set is exported. */
  readonly isTopLevel: boolean;
  /** The same, and outside of any condition. */
  readonly isRoot: boolean;
  /** Within a condition: an unknown filter is an error only when it is reached. */
  readonly isSoft: boolean;
  /** Nothing is written once an `extends` was reached. */
  readonly checksOutput: boolean;
  /** The name of the block, where there is one. */
  readonly block: string | null;
}

export class Frame {
  readonly state: FrameState;

  constructor(state: FrameState) {
    this.state = state;
  }

  with(changes: Partial<FrameState>): Frame {
    return new Frame({ ...this.state, ...changes });
  }

  /** A frame with a scope within this one's. */
  inner(scope: Scope = new Scope(this.state.scope), changes: Partial<FrameState> = {}): Frame {
    return this.with({ scope, isTopLevel: false, isRoot: false, ...changes });
  }

  soft(): Frame {
    return this.with({ isRoot: false, isSoft: true });
  }
}
