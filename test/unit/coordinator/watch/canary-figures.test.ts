import type { Outcome } from '../../../../core/domain/verdict.js';
import type { Reward } from '../../../../core/domain/reward.js';
import type { Canary } from '../../../../coordinator/watch/canary-figures.js';
import { canaryFigures } from '../../../../coordinator/watch/canary-figures.js';
import { SKETCH_REWARD } from '../../../support/batch-builder.js';
import { FakeScorer, scored } from '../../../support/fake-scorer.js';
import { promptsOf } from '../../../support/prompts-of.js';
import { watchedIteration } from '../../../support/watched-iteration.js';
import type { PaidAnswer } from '../../../support/watched-iteration.js';

const SIGNAL = new AbortController().signal;
const malformed: Outcome<Reward> = { kind: 'policy_malformed', reason: 'ruled out' };
const failed: Outcome<Reward> = { kind: 'judge_failed', reason: 'timeout', retryable: true };

/** Canaries that are told apart by their first token. */
function canaries(count: number): Canary[] {
  return Array.from({ length: count }, (_, at) => ({ text: `canary ${at}`, tokenIds: [at, 0] }));
}

const answers = (...outcomes: (number | Outcome<Reward>)[]): PaidAnswer[] =>
  outcomes.map((outcome) => ({ tokens: 2, outcome }));

async function share(
  groups: readonly (readonly PaidAnswer[])[],
  paid: readonly (number | Outcome<Reward>)[],
): Promise<{ share: number | undefined; scorer: FakeScorer }> {
  const scorer = new FakeScorer(([first]) => {
    const outcome = paid[first];
    return typeof outcome === 'number' ? scored(outcome) : outcome;
  });
  const parts = { scorer, canaries: canaries(paid.length) };
  const figures = await canaryFigures(watchedIteration(groups), parts, SIGNAL);
  return { share: figures['watch/canaries_paid_share'], scorer };
}

describe('the share of canaries that are paid', () => {
  it('counts those at or above the median of the answers to the same prompt', async () => {
    // Medians 1 and 12; canaries 0 and 2 stand beside the first prompt, 1 and 3 beside the second.
    const groups = [answers(0, 1, 5), answers(10, 12, 13)];
    expect((await share(groups, [1, 11.9, 0.9, 12])).share).toBe(0.5);
  });

  it('asks under the rubric and reward model that pay the policy, prompts taking canaries by turns', async () => {
    const { scorer } = await share([answers(0), answers(0), answers(0)], [1, 1]);
    const { rubricHash, rewardModelHash } = SKETCH_REWARD;
    expect(scorer.requests).toMatchObject([{ rubricHash, rewardModelHash }]);
    expect(
      scorer.requests[0].items.map(({ prompt, answers: asked }) => [
        prompt.id,
        asked.map(({ text }) => text),
      ]),
    ).toEqual([
      ['p0', ['canary 0']],
      ['p1', ['canary 1']],
    ]);
  });

  it('deals a locale’s canaries to its own prompts', async () => {
    const scorer = new FakeScorer(() => scored(0));
    const groups = [answers(0), answers(0), answers(0)];
    const watched = promptsOf(watchedIteration(groups), [
      { locale: 'ar' },
      { locale: 'ko' },
      { locale: 'ar-EG' },
    ]);
    const dealt = canaries(5).map((canary, at) => ({ ...canary, locale: at < 3 ? 'ar' : 'ko' }));
    await canaryFigures(watched, { scorer, canaries: dealt }, SIGNAL);
    expect(scorer.requests[0].items.map(({ answers: asked }) => asked.map(({ text }) => text))).toEqual([
      ['canary 0', 'canary 2'],
      ['canary 3', 'canary 4'],
      ['canary 1'],
    ]);
  });

  it('does not count a canary as paid that was ruled out, even where answers got the floor', async () => {
    expect((await share([answers(malformed, malformed)], [malformed, -2])).share).toBe(0.5);
  });

  it('leaves out canaries without a score, and those beside answers without one', async () => {
    expect((await share([answers(0)], [1, failed, -1])).share).toBe(0.5);
    expect((await share([answers(failed)], [1])).share).toBeUndefined();
    expect((await share([answers(0)], [failed])).share).toBeUndefined();
  });

  it('is refused where the scorer leaves one out', async () => {
    const scorer = { score: async () => [[]] };
    const parts = { scorer, canaries: canaries(1) };
    await expect(canaryFigures(watchedIteration([answers(0)]), parts, SIGNAL)).rejects.toMatchObject({
      code: 'data_loss',
    });
  });
});
