import { clearestDifferences, compareScores } from '../../../../coordinator/shadow/compare-scores.js';
import type { Reward, RewardedTrajectory } from '../../../../core/domain/reward.js';
import type { Outcome } from '../../../../core/domain/verdict.js';
import { aPrompt, aResult, aTask, aTrajectory } from '../../../support/builders.js';
import { scored } from '../../../support/fake-scorer.js';

const FAILED: Outcome<Reward> = { kind: 'judge_failed', reason: 'away', retryable: true };
const MALFORMED: Outcome<Reward> = { kind: 'policy_malformed', reason: 'a copy of the prompt' };
const REWARD = { rubricId: 'a', rubricHash: 'rubric-a', rewardModelHash: 'model-a', floor: -3 };
const CANDIDATE = { rubricId: 'b', rubricHash: 'rubric-b', rewardModelHash: 'model-b', floor: -1 };
const POLICY = { version: 0, hash: 'p', location: 'policies/0' };

const groups = ['t0', 't1'].map((id) => {
  const task = aTask({ id, prompt: aPrompt(`of ${id}`), groupSize: 3 });
  const answers = [0, 1, 2].map((index) => aTrajectory({ index, text: `${id} answer ${index}` }));
  return { task, result: aResult(task, answers) };
});
const batch = { plan: { iteration: 0, policy: POLICY, reward: REWARD }, groups };

function rewards(rubricHash: string, outcomes: readonly (number | Outcome<Reward>)[]): RewardedTrajectory[] {
  return outcomes.map((outcome, at) => ({
    ...{ taskId: `t${Math.floor(at / 3)}`, index: at % 3, rubricHash, rewardModelHash: '' },
    outcome: typeof outcome === 'number' ? scored(outcome) : outcome,
  }));
}

const active = rewards('rubric-a', [0, 1, 2, 5, MALFORMED, FAILED]);
const shadow = rewards('rubric-b', [1, 1, 2, 2, 2, 9]);

describe('two rewards of a batch', () => {
  const compared = compareScores({ batch, active, shadow, candidate: CANDIDATE, rewardClip: 4 });

  it('are compared by what either pays, clipped, and over the answers that both scored', () => {
    expect(compared.metrics).toEqual({
      // (1 + 1 + 2 + 2 + 2 + 4) / 6
      'shadow/scores': 2,
      'shadow/excluded_share': 0,
      // Paid by both are 0, 1, 2, 4, −3 and 1, 1, 2, 2, 2: (1 + 0 + 0 − 2 + 5) / 5.
      'shadow/score_shift': expect.closeTo(0.8, 14),
      // Of four pairs of one prompt, two are ordered alike; the shadow alone ties the others.
      'shadow/agreement': 0.5,
      // scipy.stats.kendalltau
      'shadow/kendall_tau': expect.closeTo(0.2581988897471611, 14),
    });
    expect(compared).toMatchObject({ rubricId: 'b', rubricHash: 'rubric-b', rewardModelHash: 'model-b' });
  });

  it('name the answers on which they differ most, and those alone', () => {
    const told = compared.differences.map(({ answer, active: one, shadow: two }) => [answer, one, two]);
    expect(told).toEqual([
      ['t1 answer 1', -3, 2],
      ['t1 answer 0', 4, 2],
      ['t0 answer 0', 0, 1],
    ]);
    expect(compared.differences[0]).toMatchObject({
      ...{ taskId: 't1', index: 1, promptId: 'of t1', prompt: 'prompt of t1' },
    });
  });

  it('are compared in the locales alone whose rubric differs', () => {
    const member = (locale: string, rubricHash: string) => ({ locale, rubricId: rubricHash, rubricHash });
    const inForce = { ...REWARD, members: [member('ar', 'a'), member('ko', 'k')] };
    const candidate = { ...CANDIDATE, members: [member('ar', 'a'), member('ko', 'l')] };
    const [arabic, korean] = groups.map(({ task, result }, at) => {
      const prompt = { ...task.prompt, prompt: { ...task.prompt.prompt, locale: at === 0 ? 'ar' : 'ko-KR' } };
      return { task: { ...task, prompt }, result };
    });
    const plan = { ...batch.plan, reward: inForce };
    const twice = { active, shadow, candidate, rewardClip: 4 };
    const { metrics, differences } = compareScores({ batch: { plan, groups: [arabic, korean] }, ...twice });
    // Of the second prompt alone: 2, 2 and 4; against 4 and −3 of the first two.
    expect(metrics).toMatchObject({ 'shadow/scores': 8 / 3, 'shadow/score_shift': 1.5 });
    expect(differences.map(({ promptId }) => promptId)).toEqual(['of t1', 'of t1']);
  });

  it('lack the figures that the batch cannot give', () => {
    const none = rewards('rubric-b', [FAILED, FAILED, FAILED, FAILED, FAILED, FAILED]);
    const { metrics, differences } = compareScores({ batch, active, shadow: none, candidate: CANDIDATE });
    expect(metrics).toEqual({ 'shadow/excluded_share': 1 });
    expect(differences).toEqual([]);
    const even = rewards('rubric-b', [MALFORMED, MALFORMED, MALFORMED, MALFORMED, MALFORMED, MALFORMED]);
    const tied = compareScores({ batch, active, shadow: even, candidate: CANDIDATE }).metrics;
    expect(tied).toMatchObject({ 'shadow/scores': -1, 'shadow/agreement': 0 });
    expect(tied).not.toHaveProperty('shadow/kendall_tau');
  });
});

describe('the clearest differences', () => {
  const difference = (answer: string, gap: number): Parameters<typeof clearestDifferences>[0][number] => ({
    ...{ taskId: `t${answer}`, index: 0, promptId: 'p', prompt: 'prompt' },
    ...{ answer, active: 0, shadow: gap },
  });

  it('are ten at most, whichever way they point', () => {
    const all = Array.from({ length: 15 }, (_, at) => difference(`${at}`, at % 2 === 0 ? at : -at));
    const sizes = clearestDifferences(all).map(({ shadow: gap }) => gap);
    expect(sizes).toEqual([14, -13, 12, -11, 10, -9, 8, -7, 6, -5]);
  });

  it('tell an answer that was given again once, by its greatest', () => {
    const twice = [difference('x', 1), difference('x', -3), difference('y', 2)];
    expect(clearestDifferences(twice).map(({ shadow: gap }) => gap)).toEqual([-3, 2]);
  });
});
