import type { Rng } from '../../../core/math/rng.js';
import { createRng } from '../../../core/math/rng.js';
import type { PairVerdict } from '../../../core/domain/verdict.js';
import { readLlmBarVotes } from '../../../reward/judge/llmbar-votes.js';
import { judgePairs } from '../../../reward/judge/panel.js';
import { createRecordedJudges } from '../../../reward/judge/recorded-judge.js';
import { averageFuser, fitAnchoredStack } from '../../../reward/preference/fuser.js';
import type { Gold } from '../../../reward/preference/panel-accuracy.js';
import { panelAccuracy } from '../../../reward/preference/panel-accuracy.js';
import { collectVotes } from '../../../reward/preference/panel-votes.js';
import { emptyRubric } from '../../support/reward-fixtures.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';

const FILE = 'llmbar_votes.csv';
const JUDGES = new Set(['GPT-4', 'ChatGPT', 'PaLM2', 'LLaMA2', 'Falcon']);
const DRAWS = 60;
const ANCHORS = 40;

/** The plain prompt's votes, asked again of recorded judges by the panel; a vote is a logit of ±1. */
async function recorded(): Promise<{ gold: ReadonlyMap<string, boolean>; verdicts: readonly PairVerdict[] }> {
  const path = sharedData(FILE);
  const votes = await readLlmBarVotes(path, {
    strategy: 'Vanilla',
    decisiveProbability: 1 / (1 + Math.exp(-1)),
  });
  const judges = createRecordedJudges(votes.verdicts, { source: path, anyRubric: true });
  const pairs = [...votes.gold.keys()].map((id) => ({
    id,
    prompt: { id, locale: 'en', text: '' },
    first: 'output 1',
    second: 'output 2',
  }));
  const panel = judges.filter(({ id }) => JUDGES.has(id));
  return { gold: votes.gold, verdicts: await judgePairs(panel, pairs, { rubric: emptyRubric }) };
}

/** Mean accuracy and Brier score on the pairs that were not drawn as anchors. */
function stacked(
  verdicts: readonly PairVerdict[],
  gold: Gold,
  rng: Rng,
): { accuracy: number; brier: number } {
  const { votes } = collectVotes(verdicts);
  let accuracy = 0;
  let brier = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const shuffled = rng.shuffle([...gold]);
    const anchors = shuffled.slice(0, ANCHORS).map(([pairId, firstIsBetter]) => ({
      votes: votes.get(pairId) ?? new Map<string, number>(),
      firstIsBetter,
    }));
    const { fused } = panelAccuracy(verdicts, new Map(shuffled.slice(ANCHORS)), fitAnchoredStack(anchors));
    accuracy += (fused.accuracy ?? NaN) / DRAWS;
    brier += (fused.brier ?? NaN) / DRAWS;
  }
  return { accuracy, brier };
}

describeWithSharedData('a panel of five recorded AI judges on LLMBar (Zeng et al. 2024)', FILE, () => {
  it('reproduces the accuracy of the single judges over both orders', async () => {
    const { gold, verdicts } = await recorded();
    expect(gold.size).toBe(419);
    const { judges } = panelAccuracy(verdicts, gold, averageFuser);
    const best = Math.max(...[...judges.values()].map(({ accuracy }) => accuracy ?? 0));
    expect(best).toBeCloseTo(0.845, 2);
  });

  // Independent figures (numpy): 85.3 % and Brier .106 with five judges, 74.3 % and .175 without the strongest.
  it.each([
    ['all five judges', '', 0.853, 0.106],
    ['the strongest judge removed', 'GPT-4', 0.743, 0.175],
  ])('is fused by 40 anchors as well as known with %s', async (_case, removed, accuracy, brier) => {
    const { gold, verdicts } = await recorded();
    const panel = verdicts.filter(({ judgeId }) => judgeId !== removed);
    const result = stacked(panel, gold, createRng(11));
    expect(Math.abs(result.accuracy - accuracy)).toBeLessThan(0.012);
    expect(Math.abs(result.brier - brier)).toBeLessThan(0.01);
  });

  it('is fused worse than by anchors when its judges simply vote', async () => {
    const { gold, verdicts } = await recorded();
    expect(panelAccuracy(verdicts, gold, averageFuser).fused.accuracy).toBeLessThan(0.75);
  });
});
