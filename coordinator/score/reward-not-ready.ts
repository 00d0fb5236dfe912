import { MajlisError } from '../../core/errors.js';
import type { PauseReason } from '../health/pause-reason.js';

/**
 * A rubric's reward that cannot be had as things are: its judges do not answer, or it is not there to be read. A person
 * mends that and asks again; until then a run stands rather than learn from what is missing.
 */
export class RewardNotReady extends MajlisError {
  /** The message is one sentence: which judge, what was found, what is allowed. */
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'unavailable', cause });
    this.name = 'RewardNotReady';
  }

  /** The reason as it stands on the run. */
  pauseReason(run: string): PauseReason {
    return {
      kind: 'reward_not_ready',
      sentence: this.message,
      nextStep: `Mend that, then \`majlis resume ${run}\` asks again and pays for no verdict twice; or take another rubric with \`majlis rubric swap ${run} RUBRIC\` first.`,
    };
  }
}
