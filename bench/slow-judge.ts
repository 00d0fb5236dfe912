import type { Reward } from '../core/domain/reward.js';
import type { Outcome } from '../core/domain/verdict.js';
import type { Clock } from '../core/runtime/clock.js';
import type { Scorer, ScoreRequest } from '../core/scorer/scorer.js';

/**
 * The scorer behind a judge that reads one answer at a time and takes equally long for each. Requests stand in line, so
 * that whoever asks about many groups at once is served no faster than who asks about all of them in one request.
 */
export class SlowJudge implements Scorer {
  private line: Promise<void> = Promise.resolve();

  constructor(
    private readonly scorer: Scorer,
    private readonly clock: Clock,
    private readonly millisecondsPerAnswer: number,
  ) {}

  async score(request: ScoreRequest, signal?: AbortSignal): Promise<readonly (readonly Outcome<Reward>[])[]> {
    const answers = request.items.reduce((sum, item) => sum + item.answers.length, 0);
    const read = this.line.then(() => this.clock.sleep(answers * this.millisecondsPerAnswer, signal));
    // Who asks next waits until this one is read or has gone away.
    this.line = read.catch(() => undefined);
    await read;
    return this.scorer.score(request, signal);
  }
}
