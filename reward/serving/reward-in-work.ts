import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';
import type { AnswerToReward } from '../model/reward-model.js';

/** One answer of a request that waits for a model. */
export interface AnswerInWork {
  readonly answer: AnswerToReward;
  /** Under which its outcome is kept; undefined where nothing is. */
  readonly key: string | undefined;
  readonly of: RequestInWork;
  /** Its place in the request, counted over all items. */
  readonly place: number;
}

/** A request until it is over: all of its answers have outcomes, or it failed, whichever is first. */
export class RequestInWork {
  /** [answer over all items] */
  readonly outcomes: Outcome<Reward>[];
  readonly done: Promise<void>;
  isOver = false;
  private missing: number;
  private resolve: () => void = () => undefined;
  private reject: (error: MajlisError) => void = () => undefined;

  constructor(answers: number) {
    this.missing = answers;
    this.outcomes = new Array<Outcome<Reward>>(answers);
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever waits sees the failure; one that came before anybody did is no unhandled one.
    this.done.catch(() => undefined);
    if (answers === 0) this.finish();
  }

  /** The outcome of one answer; told once for each. */
  take(place: number, outcome: Outcome<Reward>): void {
    if (this.isOver) return;
    this.outcomes[place] = outcome;
    this.missing -= 1;
    if (this.missing === 0) this.finish();
  }

  fail(thrown: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.reject(MajlisError.from(thrown));
  }

  private finish(): void {
    this.isOver = true;
    this.resolve();
  }
}
