import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type {
  RewardContext,
  RewardReply,
  RewardRequest,
  RewardService,
} from '../../reward/serving/reward-service.js';

/** Keeps what it was asked. Pays each answer its length in UTF-16 units over 10, unless told otherwise. */
export class RecordingRewardService implements RewardService {
  readonly asked: { readonly request: RewardRequest; readonly context: RewardContext }[] = [];
  /** The outcome of each answer; one that throws makes the request fail. */
  outcomeOf: (text: string) => Outcome<Reward> = payLength;
  /** Resolves when a request may be answered. */
  gate: Promise<void> = Promise.resolve();

  async score(request: RewardRequest, context: RewardContext): Promise<RewardReply> {
    this.asked.push({ request, context });
    await this.gate;
    return {
      ...{ rubricHash: 'rubric-1', rewardModelHash: 'model-1' },
      outcomes: request.items.map(({ answers }) => answers.map(({ text }) => this.outcomeOf(text))),
    };
  }
}

export function payLength(text: string): Outcome<Reward> {
  return { kind: 'scored', score: { raw: text.length, normalized: text.length / 10 } };
}
