import { rawReward } from '../../reward/model/reward-normalizer.js';
import type { AnswerToReward, RewardModel, RewardScore } from '../../reward/model/reward-model.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { RewardModelScorer } from '../../reward/scorer/reward-model-scorer.js';

/** One reward model under test, with answers that it knows. */
export interface RewardModelHarness {
  readonly model: RewardModel;
  /** Of another origin. */
  readonly other: RewardModel;
  /** At least four that are scored, with tokens where the form reads tokens; not all are worth the same. */
  readonly answers: readonly AnswerToReward[];
  /** Whether heads stand in it that disagree about some of the answers. */
  readonly hasDoubt: boolean;
  /** How far a score may move with what is scored beside it: 0, or what float32 rounds in a matrix of another height. */
  readonly rounding: number;
  /** An answer that it gives no number, and the outcome that says so. */
  readonly unscorable: { readonly answer: AnswerToReward; readonly kind: Outcome<RewardScore>['kind'] };
  close(): Promise<void>;
}

/** What a form supplies besides whose models are kept as artifacts. */
export interface StoredRewardModelHarness extends RewardModelHarness {
  /** The model as another process finds it. */
  reopen(): Promise<RewardModel>;
  /** Flips one bit of the stored weights. */
  damage(): Promise<void>;
}

/** More than any form scores in one go. */
const MANY = 600;

/** The promises of `RewardModel`, for every form. */
export function describeRewardModel(name: string, make: () => Promise<RewardModelHarness>): void {
  describe(`${name} keeps the promises of a reward model:`, () => {
    let harness: RewardModelHarness;

    beforeAll(async () => {
      harness = await make();
    });
    afterAll(async () => {
      await harness.close();
    });

    it('gives one outcome an answer, in order, and finite numbers', async () => {
      const scores = await scoresOf(harness.model, harness.answers);
      expect(new Set(scores.map(({ mean }) => mean)).size).toBeGreaterThan(1);
      for (const { mean, variance } of scores) {
        expect([Number.isFinite(mean), Number.isFinite(variance)]).toEqual([true, true]);
        expect(variance).toBeGreaterThanOrEqual(0);
      }
      const backwards = await scoresOf(harness.model, [...harness.answers].reverse());
      expectClose(backwards, [...scores].reverse(), harness.rounding);
    });

    it('gives the same answer the same score, alone, among hundreds, and beside other calls', async () => {
      const { model, answers } = harness;
      const many = Array.from({ length: MANY }, (_, at) => answers[at % answers.length]);
      const [among, ...alone] = await Promise.all([
        scoresOf(model, many),
        ...answers.map(async (answer) => (await scoresOf(model, [answer]))[0]),
      ]);
      const expected = many.map((_, at) => alone[at % answers.length]);
      expectClose(among, expected, harness.rounding);
      expect(await scoresOf(model, many)).toEqual(among);
    });

    it('has no outcome for no answers', async () => {
      expect(await harness.model.score([])).toEqual([]);
    });

    it('says what it cannot score by a typed outcome, and scores the others beside it', async () => {
      const { model, answers, unscorable } = harness;
      const outcomes = await model.score([answers[0], unscorable.answer, answers[1]]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['scored', unscorable.kind, 'scored']);
      expect(outcomes[1]).not.toHaveProperty('score');
      const scores = [outcomes[0], outcomes[2]].flatMap((each) => (each.kind === 'scored' ? each.score : []));
      expectClose(scores, await scoresOf(model, answers.slice(0, 2)), harness.rounding);
    });

    it('is paid for less where its heads disagree, and as it is where they do not', async () => {
      const scores = await scoresOf(harness.model, harness.answers);
      const BETA = 0.5;
      // μ − σ²/(2β) with β = ½ is μ − σ².
      for (const score of scores) {
        expect(rawReward(score, BETA)).toBeCloseTo(score.mean - score.variance, 12);
      }
      expect(scores.some(({ variance }) => variance > 0)).toBe(harness.hasDoubt);
    });

    it('has a name that another origin does not have', async () => {
      const { model, other } = harness;
      expect(other.hash).not.toBe(model.hash);
    });

    it('is served under its own name and rubric, and refused under any other', async () => {
      const { model, other, answers } = harness;
      const scorer = new RewardModelScorer();
      const locales = new Set(answers.map(({ prompt }) => prompt.locale));
      const normalizer = new Map([...locales].map((locale) => [locale, { mean: 0, scale: 1 }]));
      scorer.load({ model, normalizer, gate: () => undefined });
      const items = answers.map(({ prompt, answer: text, tokenIds = [] }) => {
        return { prompt, promptTokenIds: [], answers: [{ text, tokenIds }] };
      });
      const own = { rubricHash: model.rubricHash, rewardModelHash: model.hash, items };
      const paid = (await scorer.score(own)).flat();
      expect(paid.map((outcome) => (outcome.kind === 'scored' ? outcome.score.raw : outcome))).toEqual(
        (await scoresOf(model, answers)).map(({ mean }) => mean),
      );
      for (const wrong of [{ rubricHash: 'another' }, { rewardModelHash: other.hash }]) {
        await expect(scorer.score({ ...own, ...wrong })).rejects.toMatchObject({
          code: 'failed_precondition',
        });
      }
    });

    it('does not begin what was given up', async () => {
      const gone = AbortSignal.abort(new Error('given up'));
      await expect(harness.model.score(harness.answers, gone)).rejects.toThrow('given up');
    });
  });
}

/** The same for a form whose models are artifacts. */
export function describeStoredRewardModel(name: string, make: () => Promise<StoredRewardModelHarness>): void {
  describeRewardModel(name, make);

  describe(`${name} is an artifact:`, () => {
    it('is the same in another process, and not taken up once a bit of it has changed', async () => {
      const harness = await make();
      try {
        const { model, answers } = harness;
        const reopened = await harness.reopen();
        expect([reopened.hash, reopened.rubricHash]).toEqual([model.hash, model.rubricHash]);
        expect(await reopened.score(answers)).toEqual(await model.score(answers));
        await harness.damage();
        await expect(harness.reopen()).rejects.toMatchObject({ code: 'data_loss' });
      } finally {
        await harness.close();
      }
    });
  });
}

async function scoresOf(model: RewardModel, answers: readonly AnswerToReward[]): Promise<RewardScore[]> {
  const outcomes = await model.score(answers);
  return outcomes.map((outcome) => {
    if (outcome.kind !== 'scored') throw new Error(`expected a score, found ${outcome.kind}`);
    return outcome.score;
  });
}

function expectClose(
  actual: readonly RewardScore[],
  expected: readonly RewardScore[],
  rounding: number,
): void {
  const numbers = (scores: readonly RewardScore[]): number[] =>
    scores.flatMap(({ mean, variance }) => [mean, variance]);
  const wanted = numbers(expected);
  const far = numbers(actual).findIndex((value, at) => !(Math.abs(value - wanted[at]) <= rounding));
  expect({ length: actual.length, far }).toEqual({ length: expected.length, far: -1 });
}
