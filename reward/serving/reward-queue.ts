/**
 * The answers that wait for one reward's model, of all requests. Invariants: what comes while the loop reads its sockets is
 * scored in one call, as far as it fits; a model has one call at a time, between which the event loop turns; nothing waits while the
 * model is idle; a failure that one request brought about is no other's.
 */
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import { scoreLoaded } from '../scorer/loaded-reward.js';
import type { OutcomeCache } from './outcome-cache.js';
import type { AnswerInWork, RequestInWork } from './reward-in-work.js';
import type { RewardObserver } from './reward-observer.js';
import type { ServedReward } from './served-rewards.js';
import { WaitingAnswers } from './waiting-answers.js';

export interface RewardQueueOptions {
  readonly answersPerCall: number;
  readonly cache: OutcomeCache;
  readonly clock: Clock;
  readonly observer: RewardObserver;
  /** The queues in which anything waits; each enters and leaves it by itself. */
  readonly awake: Set<RewardQueue>;
}

export class RewardQueue {
  private readonly waiting = new WaitingAnswers();
  private isAwake = false;
  private abandoned = new AbortController();
  private inCall: ReadonlySet<RequestInWork> = new Set();

  constructor(
    private readonly reward: ServedReward,
    private readonly options: RewardQueueOptions,
  ) {}

  /** Answers that no call has begun with. */
  get length(): number {
    return this.waiting.length;
  }

  /** One more that waits. */
  add(answer: AnswerInWork): void {
    this.waiting.add(answer);
    if (this.isAwake) return;
    this.isAwake = true;
    this.options.awake.add(this);
    // After the poll phase: everything that sockets have brought by then is in the call.
    setImmediate(() => void this.work());
  }

  /** A request has failed; a call that nobody waits for any more is given up. */
  leave(request: RequestInWork): void {
    this.waiting.drop(request);
    if (this.inCall.size > 0 && [...this.inCall].every(({ isOver }) => isOver)) this.abandoned.abort();
  }

  private async work(): Promise<void> {
    const { answersAtOnce = Infinity } = this.reward.model;
    const most = Math.min(this.options.answersPerCall, answersAtOnce);
    while (this.waiting.length > 0) {
      await this.serve(this.waiting.take(most));
      // A model that computes in this thread resolves in the same turn: sockets and timers are to have theirs.
      if (this.waiting.length > 0) await turnOfTheLoop();
    }
    this.isAwake = false;
    this.options.awake.delete(this);
  }

  private async serve(answers: readonly AnswerInWork[]): Promise<void> {
    const requests = new Set(answers.map(({ of }) => of));
    try {
      await this.call(answers, requests);
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (requests.size === 1 || error.isRetryable) for (const request of requests) request.fail(error);
      else await this.serveEachAlone(answers, requests);
    }
  }

  /** Whoever brought the failure about has it then to himself. */
  private async serveEachAlone(
    answers: readonly AnswerInWork[],
    requests: ReadonlySet<RequestInWork>,
  ): Promise<void> {
    for (const request of requests) {
      if (!request.isOver) await this.serve(answers.filter(({ of }) => of === request));
    }
  }

  private async call(answers: readonly AnswerInWork[], requests: ReadonlySet<RequestInWork>): Promise<void> {
    const { cache, clock, observer } = this.options;
    const { rubricHash, model } = this.reward;
    const beganMs = clock.monotonic();
    if (this.abandoned.signal.aborted) this.abandoned = new AbortController();
    this.inCall = requests;
    try {
      const toScore = answers.map(({ answer }) => answer);
      const outcomes = await scoreLoaded(this.reward, toScore, this.abandoned.signal);
      for (const [at, { key, of, place }] of answers.entries()) {
        if (key !== undefined) cache.keep(key, outcomes[at]);
        of.take(place, outcomes[at]);
      }
    } finally {
      this.inCall = new Set();
      const tookMs = clock.monotonic() - beganMs;
      observer.onModelCall({ rubricHash, rewardModelHash: model.hash, answers: answers.length, tookMs });
    }
  }
}
