import { join } from 'node:path';
import { LightRewardForm } from '../../../../../cli/pipeline/reward-forms/light-reward-form.js';
import type { FormTraining } from '../../../../../cli/pipeline/reward-forms/reward-form.js';
import type { Preference } from '../../../../../core/domain/preference.js';
import { createRng } from '../../../../../core/math/rng.js';
import { flipBit } from '../../../../support/flip-bit.js';
import { simulateJudgedTexts } from '../../../../support/judged-texts.js';
import { emptyRubric, shippedRubric } from '../../../../support/reward-fixtures.js';
import { arabic } from '../../../../support/small-locales.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';

const PREFERENCES = simulateJudgedTexts(60, { seed: 3, lengthBias: 0, locale: 'ar' }).map(
  ({ prompt, first, second, probabilityFirst, weight }, at): Preference => {
    const pair = { id: `pair-${at}`, prompt, first, second };
    return { pair, rubricHash: emptyRubric.hash, probabilityFirst, weight, excludedVerdicts: 0 };
  },
);

const form = new LightRewardForm({ profile: arabic, heads: 2, seed: 1 });

function training(changes: Partial<FormTraining> = {}): FormTraining {
  return {
    ...{ rubric: emptyRubric, preferences: PREFERENCES, references: [], rng: createRng(1) },
    pairs: { training: [], heldOut: [] },
    signal: new AbortController().signal,
    onStep: () => undefined,
    ...changes,
  };
}

describe('the light form of a run', () => {
  const folder = useTemporaryFolder();

  it('is measured on the prompts that its split holds out, and on no other', async () => {
    const { training: learned, heldOut } = form.split(PREFERENCES);
    const prompts = (part: readonly Preference[]): Set<string> =>
      new Set(part.map(({ pair }) => pair.prompt.text));
    expect(learned.length + heldOut.length).toBe(PREFERENCES.length);
    expect([...prompts(heldOut)].filter((text) => prompts(learned).has(text))).toEqual([]);
    const { evaluation } = await form.train(training());
    expect(evaluation.pairs).toBe(heldOut.length);
    // What a retrained model learns besides leaves the prompts where they are.
    const more = PREFERENCES.map((preference) => {
      const { pair } = preference;
      return { ...preference, pair: { ...pair, id: `again-${pair.id}`, first: `${pair.first}!` } };
    });
    expect(prompts(form.split([...PREFERENCES, ...more]).heldOut)).toEqual(prompts(heldOut));
  });

  it('trains the same model of the same preferences, and another of others', async () => {
    const hashes = await Promise.all(
      [PREFERENCES, PREFERENCES, PREFERENCES.slice(1)].map(async (preferences) => {
        const { held } = await form.train(training({ preferences }));
        return held.model.hash;
      }),
    );
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('pays the answers that rewards are centred on 0 on average', async () => {
    const references = PREFERENCES.slice(0, 20).map(({ pair }) => ({
      prompt: pair.prompt,
      answer: pair.first,
    }));
    const { held } = await form.train(training({ references }));
    const outcomes = await held.model.score(references);
    const means = outcomes.map((outcome) => (outcome.kind === 'scored' ? outcome.score.mean : NaN));
    expect(means.reduce((sum, mean) => sum + mean, 0) / means.length).toBeCloseTo(0, 5);
  });

  it('takes a model up from its folder, and no other in its place', async () => {
    const { held } = await form.train(training({ rubric: await shippedRubric('ar-msa') }));
    const directory = join(folder(), 'model');
    const details = await held.save(directory);
    const { hash, rubricHash } = held.model;
    const restored = await form.restore(directory, details, { hash, rubricHash });
    expect(restored.model).toMatchObject({ hash, rubricHash });
    for (const [found, names] of [
      [details, { hash: 'another', rubricHash }],
      [
        { heads: 2, steps: 10 },
        { hash, rubricHash },
      ],
    ] as const) {
      await expect(form.restore(directory, found, names)).rejects.toMatchObject({ code: 'data_loss' });
    }
    flipBit(join(directory, 'weights.safetensors'), 300);
    await expect(form.restore(directory, details, { hash, rubricHash })).rejects.toMatchObject({
      code: 'data_loss',
    });
  });

  it('gives up with the run', async () => {
    const signal = AbortSignal.abort(new Error('given up'));
    await expect(form.train(training({ signal }))).rejects.toThrow('given up');
  });
});
