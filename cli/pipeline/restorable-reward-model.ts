/**
 * A stored reward model that takes up room only while it is used. Invariants: it scores alike whether it was freed in between or
 * not; what a call is using is freed after the call; a model that could not be taken up is tried anew by the next call. One that
 * stood in a trainer which was started again is taken up anew by the first who is told, for all.
 */
import { MajlisError } from '../../core/errors.js';
import type { RewardModel } from '../../reward/model/reward-model.js';
import type { HeldRewardModel, RewardNames } from './reward-forms/reward-form.js';

export class RestorableRewardModel implements RewardModel {
  readonly hash: string;
  readonly rubricHash: string;
  private held: Promise<HeldRewardModel> | undefined;
  private calls = 0;
  private isReleased = false;

  /** `held` is there already where the model was just trained. */
  constructor(
    names: RewardNames,
    private readonly restore: () => Promise<HeldRewardModel>,
    held?: HeldRewardModel,
  ) {
    this.hash = names.hash;
    this.rubricHash = names.rubricHash;
    this.held = held === undefined ? undefined : Promise.resolve(held);
  }

  /** Takes the model up. */
  async ready(): Promise<void> {
    this.isReleased = false;
    await this.take();
  }

  /** Frees the model once the calls that are under way have ended; a later call takes it up again, until the next release. */
  async release(): Promise<void> {
    this.isReleased = true;
    await this.freeWhereIdle();
  }

  score: RewardModel['score'] = async (answers, signal) => {
    this.calls += 1;
    this.isReleased = false;
    try {
      return await this.scored(answers, signal);
    } finally {
      this.calls -= 1;
      await this.freeWhereIdle();
    }
  };

  private async scored(...asked: Parameters<RewardModel['score']>): ReturnType<RewardModel['score']> {
    const held = this.take();
    try {
      return await (await held).model.score(...asked);
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown;
      if (this.held === held) this.held = undefined;
      return this.scored(...asked);
    }
  }

  private take(): Promise<HeldRewardModel> {
    if (this.held !== undefined) return this.held;
    const taken = this.restore();
    this.held = taken;
    taken.catch(() => {
      if (this.held === taken) this.held = undefined;
    });
    return taken;
  }

  private async freeWhereIdle(): Promise<void> {
    const { held } = this;
    if (!this.isReleased || this.calls > 0 || held === undefined) return;
    this.held = undefined;
    try {
      await (await held).free();
    } catch (thrown) {
      if (!isGone(thrown)) throw thrown;
    }
  }
}

/** Whether the trainer that the model stood in was started again, so that nothing of it is there. */
function isGone(thrown: unknown): boolean {
  return MajlisError.from(thrown).reason === 'restarted';
}
