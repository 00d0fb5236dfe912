import { RestorableRewardModel } from '../../../../cli/pipeline/restorable-reward-model.js';
import type { HeldRewardModel } from '../../../../cli/pipeline/reward-forms/reward-form.js';
import { MajlisError } from '../../../../core/errors.js';
import { createMemoryRewardModel } from '../../../../reward/model/memory-reward-model.js';
import { promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const names = { hash: 'model', rubricHash: 'rubric' };
const answers = [{ prompt: promptOf(arabic, 'أين أسافر؟'), answer: 'abc' }];
const outcomes = [{ kind: 'scored', score: { mean: 3, variance: 0 } }];

/** Models that are worth their answers' length, and what was done with them, in order. */
function watched(): { readonly done: string[]; take: () => Promise<HeldRewardModel> } {
  const done: string[] = [];
  const model = createMemoryRewardModel({
    ...names,
    outcome: ({ answer }) => ({ kind: 'scored', score: { mean: answer.length, variance: 0 } }),
  });
  return {
    done,
    take: async () => {
      done.push('take');
      return {
        model: {
          ...names,
          score: async (asked) => {
            done.push('score');
            await new Promise((resolve) => setImmediate(resolve));
            done.push('scored');
            return model.score(asked);
          },
        },
        save: () => Promise.reject(new Error('not asked')),
        free: async () => {
          done.push('free');
        },
      };
    },
  };
}

describe('RestorableRewardModel', () => {
  it('is taken up once, by the first who asks', async () => {
    const { done, take } = watched();
    const model = new RestorableRewardModel(names, take);
    expect(model).toMatchObject(names);
    expect(done).toEqual([]);
    expect(await Promise.all([model.score(answers), model.score(answers)])).toEqual([outcomes, outcomes]);
    expect(done).toEqual(['take', 'score', 'score', 'scored', 'scored']);
  });

  it('is freed when it is released, and comes back when it is asked again', async () => {
    const { done, take } = watched();
    const model = new RestorableRewardModel(names, take, await take());
    await model.release();
    await model.release();
    expect(done).toEqual(['take', 'free']);
    expect(await model.score(answers)).toEqual(outcomes);
    expect(done.slice(2)).toEqual(['take', 'score', 'scored']);
    await model.release();
    await model.ready();
    expect(done.slice(5)).toEqual(['free', 'take']);
  });

  it('is not freed under a call', async () => {
    const { done, take } = watched();
    const model = new RestorableRewardModel(names, take);
    const asked = model.score(answers);
    await model.release();
    expect(done).not.toContain('free');
    expect(await asked).toEqual(outcomes);
    expect(done).toEqual(['take', 'score', 'scored', 'free']);
  });

  it('tries anew where it could not be taken up', async () => {
    const { take } = watched();
    let tries = 0;
    const model = new RestorableRewardModel(names, async () => {
      tries += 1;
      if (tries === 1) throw new Error('the trainer is away');
      return take();
    });
    await expect(model.score(answers)).rejects.toThrow('the trainer is away');
    expect(await model.score(answers)).toEqual(outcomes);
  });

  it('is brought back once into a trainer that was started again, whoever asks', async () => {
    const { done, take } = watched();
    const restarted = new MajlisError('gone', { code: 'failed_precondition', reason: 'restarted' });
    const lost: HeldRewardModel = {
      model: { ...names, score: () => Promise.reject(restarted) },
      save: () => Promise.reject(restarted),
      free: () => Promise.reject(restarted),
    };
    let tries = 0;
    const model = new RestorableRewardModel(
      names,
      async () => {
        tries += 1;
        if (tries === 1) throw new MajlisError('not yet', { code: 'unavailable' });
        return take();
      },
      lost,
    );
    await expect(model.score(answers)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await Promise.all([model.score(answers), model.score(answers)])).toEqual([outcomes, outcomes]);
    expect(done.filter((step) => step === 'take')).toHaveLength(1);
    await new RestorableRewardModel(names, take, lost).release();
  });
});
