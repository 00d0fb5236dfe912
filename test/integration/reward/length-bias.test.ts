/**
 * A judge who pays for length, with known parameters: what the light model learns from such labels has to be quality. The
 * slope is that of the lead on length with the true quality held, averaged over simulations; its interval is over them.
 */
import { calibrationOf } from '../../../core/math/calibration.js';
import { logistic } from '../../../core/math/logistic.js';
import type { LightSettings } from '../../../reward/model/light/light-settings.js';
import { simulateJudgedTexts, type JudgedText } from '../../support/judged-texts.js';
import { scoresOf, trainLight } from '../../support/light-training.js';

const SIMULATIONS = 10;
const LENGTH_BIAS = 2;
const TRAINED = 1500;
const MEASURED = 1000;

interface Simulation {
  /** Coefficient of the lead on the length gap beside the true quality gap. */
  readonly slope: number;
  readonly accuracy: number;
  readonly ece: number;
}

async function simulate(seed: number, settings: Partial<LightSettings> = {}): Promise<Simulation> {
  const texts = simulateJudgedTexts(TRAINED + MEASURED, { seed, lengthBias: LENGTH_BIAS });
  const change = { heads: 0, buckets: 1 << 14, ...settings };
  const trained = await trainLight(texts.slice(0, TRAINED), { seed, change });
  const measured = texts.slice(TRAINED);
  const scores = await scoresOf(
    trained,
    measured[0].prompt,
    measured.flatMap(({ first, second }) => [first, second]),
  );
  const leads = Float64Array.from(measured, (_, at) => scores[2 * at].mean - scores[2 * at + 1].mean);
  const right = measured.filter(({ qualityGap }, at) => Math.sign(qualityGap) === Math.sign(leads[at]));
  const labels = Float64Array.from(measured, ({ qualityGap }) => logistic(qualityGap));
  return {
    slope: lengthSlope(measured, leads),
    accuracy: right.length / MEASURED,
    ece: calibrationOf({ logits: leads, labels }).ece,
  };
}

/** b of lead = a·quality + b·length, by least squares. */
function lengthSlope(texts: readonly JudgedText[], leads: Float64Array): number {
  let [qq, ql, ll, qd, ld] = [0, 0, 0, 0, 0];
  for (const [at, { qualityGap, lengthGap }] of texts.entries()) {
    qq += qualityGap * qualityGap;
    ql += qualityGap * lengthGap;
    ll += lengthGap * lengthGap;
    qd += qualityGap * leads[at];
    ld += lengthGap * leads[at];
  }
  return (qq * ld - ql * qd) / (qq * ll - ql * ql);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('a light reward model under a judge who pays for length', () => {
  it('pays for quality and not for length, with probabilities that can be believed', async () => {
    const simulations: Simulation[] = [];
    for (let seed = 1; seed <= SIMULATIONS; seed += 1) simulations.push(await simulate(seed));
    const slopes = simulations.map(({ slope }) => slope);
    const centre = mean(slopes);
    const variance = slopes.reduce((sum, slope) => sum + (slope - centre) ** 2, 0) / (SIMULATIONS - 1);
    // 97.5% quantile of Student's t with 9 degrees of freedom.
    const half = 2.262 * Math.sqrt(variance / SIMULATIONS);
    expect(centre - half).toBeLessThanOrEqual(0);
    expect(centre + half).toBeGreaterThanOrEqual(0);
    // An interval that is wide enough covers everything: this one is within a tenth of what the judge pays.
    expect(half).toBeLessThan(LENGTH_BIAS / 10);
    expect(mean(simulations.map(({ ece }) => ece))).toBeLessThanOrEqual(0.03);
    expect(mean(simulations.map(({ accuracy }) => accuracy))).toBeGreaterThan(0.6);
  }, 120_000);

  it('would pay for length, and believe too much, without the nuisance features', async () => {
    const { slope, ece } = await simulate(1, { stylePenalty: 1e9 });
    expect(slope).toBeGreaterThan(1);
    expect(ece).toBeGreaterThan(0.1);
  }, 60_000);
});
