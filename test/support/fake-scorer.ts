import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type { Scorer, ScoreRequest } from '../../core/scorer/scorer.js';

/** Judges one answer by its token ids; `place` counts the answers of a request. */
export type ScoreAnswer = (tokenIds: readonly number[], place: number, rubricHash: string) => Outcome<Reward>;

export function scored(normalized: number): Outcome<Reward> {
  return { kind: 'scored', score: { raw: normalized, normalized } };
}

/** A scorer that is one function, and remembers what it was asked. */
export class FakeScorer implements Scorer {
  readonly requests: ScoreRequest[] = [];

  constructor(private readonly scoreAnswer: ScoreAnswer) {}

  async score(request: ScoreRequest): Promise<readonly (readonly Outcome<Reward>[])[]> {
    this.requests.push(request);
    let place = 0;
    return request.items.map(({ answers }) =>
      answers.map(({ tokenIds }) => this.scoreAnswer(tokenIds, place++, request.rubricHash)),
    );
  }
}
