import type { Rng } from '../../../core/math/rng.js';
import { fitDawidSkene } from '../../../core/math/dawid-skene.js';
import { pairedBootstrap } from '../../../core/math/paired-bootstrap.js';
import { createRng } from '../../../core/math/rng.js';
import type { PairVerdict } from '../../../core/domain/verdict.js';
import { readLlmBarVotes } from '../../../reward/judge/llmbar-votes.js';
import { judgePairs } from '../../../reward/judge/panel.js';
import { createRecordedJudges } from '../../../reward/judge/recorded-judge.js';
import { averageFuser, fitAnchoredStack } from '../../../reward/preference/fuser.js';
import { chooseFuser, fitBestJudge } from '../../../reward/preference/choose-fuser.js';
import type { Gold } from '../../../reward/preference/panel-accuracy.js';
import { panelAccuracy } from '../../../reward/preference/panel-accuracy.js';
import { collectVotes } from '../../../reward/preference/panel-votes.js';
import { swapConsistency } from '../../../reward/preference/swap-consistency.js';
import { emptyRubric } from '../../support/reward-fixtures.js';
import { aggregationGolden } from '../../support/aggregation-golden.js';
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

/** What the chosen fuser gains over the judge that the same anchors would choose, on pairs that are no anchors. */
function chosenAgainstJudge(
  verdicts: readonly PairVerdict[],
  gold: Gold,
  rng: Rng,
): { accuracy: number; gains: Float64Array; judge: number } {
  const { votes } = collectVotes(verdicts);
  const gains = new Map([...gold.keys()].map((pairId) => [pairId, { sum: 0, draws: 0 }]));
  let accuracy = 0;
  let judge = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const shuffled = rng.shuffle([...gold]);
    const anchors = shuffled.slice(0, ANCHORS).map(([pairId, firstIsBetter]) => ({
      votes: votes.get(pairId) ?? new Map<string, number>(),
      firstIsBetter,
    }));
    const { fuser } = chooseFuser(anchors);
    const alone = fitBestJudge(anchors);
    for (const [pairId, firstIsBetter] of shuffled.slice(ANCHORS)) {
      const [chosen, single] = [fuser, alone].map((one) => {
        const first = one.fuse(votes.get(pairId) ?? new Map<string, number>());
        return first === 0.5 ? 0.5 : Number(first > 0.5 === firstIsBetter);
      });
      const gain = gains.get(pairId);
      if (gain !== undefined) {
        gain.sum += chosen - single;
        gain.draws += 1;
      }
      accuracy += chosen / DRAWS / (gold.size - ANCHORS);
      judge += single / DRAWS / (gold.size - ANCHORS);
    }
  }
  return {
    accuracy,
    judge,
    gains: Float64Array.from(
      [...gains.values()].filter(({ draws }) => draws > 0),
      ({ sum, draws }) => sum / draws,
    ),
  };
}

/** Recorded votes as labels of workers, a judge in one order being a worker. */
function dawidSkene(
  verdicts: readonly PairVerdict[],
  gold: Gold,
  options: { oneCoin: boolean; smoothing: number },
): { accuracy: number; brier: number; logLikelihood: number } {
  const pairs = [...gold.keys()];
  const workers = [...new Set(verdicts.map(({ judgeId, order }) => `${judgeId} ${order}`))];
  const unitOf = new Map(pairs.map((pairId, at) => [pairId, at]));
  const scored = verdicts.flatMap(({ judgeId, pairId, order, outcome }) =>
    outcome.kind === 'scored'
      ? [
          {
            unit: unitOf.get(pairId) ?? -1,
            worker: workers.indexOf(`${judgeId} ${order}`),
            label: Number(outcome.score.probabilityFirst > 0.5),
          },
        ]
      : [],
  );
  const { posterior, logLikelihood } = fitDawidSkene({
    units: pairs.length,
    classes: 2,
    workers: workers.length,
    unit: Int32Array.from(scored, ({ unit }) => unit),
    worker: Int32Array.from(scored, ({ worker }) => worker),
    label: Int32Array.from(scored, ({ label }) => label),
    ...options,
  });
  const right = pairs.map((pairId, unit) => {
    const first = posterior[2 * unit + 1];
    const truth = Number(gold.get(pairId));
    return { success: Number(first > 0.5 === (truth === 1)), square: (first - truth) ** 2 };
  });
  return {
    accuracy: right.reduce((sum, { success }) => sum + success, 0) / pairs.length,
    brier: right.reduce((sum, { square }) => sum + square, 0) / pairs.length,
    logLikelihood,
  };
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

  // Bars: 85.0 % with five judges (best single 84.5, majority 63.4) and 74.0 % without GPT-4 (69.8, 50.7).
  it.each([
    ['all five judges', '', 0.85],
    ['the strongest judge removed', 'GPT-4', 0.74],
  ])(
    'is fused better by 40 anchors than by the judge that they would choose, with %s',
    async (_case, removed, bar) => {
      const { gold, verdicts } = await recorded();
      const panel = verdicts.filter(({ judgeId }) => judgeId !== removed);
      const { accuracy, gains, judge } = chosenAgainstJudge(panel, gold, createRng(11));
      const gain = pairedBootstrap({ differences: gains, resamples: 4000, rng: createRng(12), level: 0.95 });
      expect(accuracy).toBeGreaterThanOrEqual(bar);
      expect(accuracy).toBeGreaterThan(judge);
      expect(gain.low).toBeGreaterThan(0);
    },
  );

  it('gives what Dawid-Skene is known to give, with and without the strongest judge', async () => {
    const { gold, verdicts } = await recorded();
    const weaker = verdicts.filter(({ judgeId }) => judgeId !== 'GPT-4');
    const { five_judges_x_two_orders: five, four_judges_no_gpt4: four } = aggregationGolden().llmbar;
    const full = dawidSkene(verdicts, gold, { oneCoin: false, smoothing: five.ds_full.smoothing });
    expect(full.accuracy).toBeCloseTo(five.ds_full.acc, 4);
    expect(full.brier).toBeCloseTo(five.ds_full.brier, 3);
    expect(full.logLikelihood).toBeCloseTo(five.ds_full.loglik, 2);
    const coin = dawidSkene(verdicts, gold, { oneCoin: true, smoothing: 0 });
    expect(coin.accuracy).toBeCloseTo(five.ds_onecoin.acc, 4);
    expect(coin.brier).toBeCloseTo(five.ds_onecoin.brier, 3);
    expect(
      dawidSkene(weaker, gold, { oneCoin: false, smoothing: five.ds_full.smoothing }).accuracy,
    ).toBeCloseTo(four.ds_full, 4);
    expect(dawidSkene(weaker, gold, { oneCoin: true, smoothing: 0 }).accuracy).toBeCloseTo(
      four.ds_onecoin,
      4,
    );
  });

  it('is consistent under swaps as often as known, and its consistent verdicts are right as often', async () => {
    const { gold, verdicts } = await recorded();
    const { single_judge_vanilla: single, swap_filter_kept_and_acc: filtered } = aggregationGolden().llmbar;
    for (const [judgeId, { consistent, pairs, kept, decisive, shownFirstWins }] of swapConsistency(
      verdicts,
    )) {
      const [count, accuracy] = filtered[judgeId];
      expect([judgeId, consistent]).toEqual([judgeId, count]);
      const right = [...kept].filter(([pairId, side]) => (side === 1) === gold.get(pairId)).length;
      expect(right / count).toBeCloseTo(accuracy, 4);
      expect(consistent / 419).toBeCloseTo(single[judgeId].consistent, 3);
      expect(pairs).toBeGreaterThan(400);
      expect(Math.abs(shownFirstWins / decisive - single[judgeId].p_first)).toBeLessThan(0.006);
    }
  });
});
