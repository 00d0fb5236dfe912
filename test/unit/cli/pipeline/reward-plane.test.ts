import { RewardPlane, type RewardPlaneInputs } from '../../../../cli/pipeline/reward-plane.js';
import type { HeldRewardModel, RewardForm } from '../../../../cli/pipeline/reward-forms/reward-form.js';
import { RewardStore } from '../../../../cli/pipeline/reward-store.js';
import type { RewardSource } from '../../../../coordinator/score/reward-source.js';
import { RewardNotReady } from '../../../../coordinator/score/reward-not-ready.js';
import type { Rubric } from '../../../../core/domain/rubric.js';
import { BadInputError } from '../../../../core/errors.js';
import type { ScoreItem } from '../../../../core/scorer/scorer.js';
import { createMemoryRewardModel } from '../../../../reward/model/memory-reward-model.js';
import { RewardModelScorer } from '../../../../reward/scorer/reward-model-scorer.js';
import { emptyRubric, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const { signal } = new AbortController();

describe('the rewards of a run', () => {
  it('are not ready, which is no failure of the run, where a rubric is gone that was stored', async () => {
    const gone = new BadInputError({
      source: 'rubrics',
      found: 'no rubric f',
      allowed: 'one that was stored',
    });
    const inputs: Partial<RewardPlaneInputs> = { rubrics: [], findRubric: () => Promise.reject(gone) };
    const rewards = new RewardPlane(inputs as RewardPlaneInputs).sources('judged');
    const asked = rewards.activate('f', signal);
    await expect(asked).rejects.toThrow(RewardNotReady);
    await expect(asked).rejects.toThrow('The rubric cannot be read: rubrics: found no rubric f;');
  });
});

/** Models worth their answers' length. `held` is what takes up room, by hash. */
class CountingForm implements RewardForm {
  readonly held: string[] = [];
  trained = 0;

  split: RewardForm['split'] = (preferences) => ({ training: preferences, heldOut: [] });

  train: RewardForm['train'] = async ({ rubric }) => {
    this.trained += 1;
    const held = this.take({ hash: `model of ${rubric.id}`, rubricHash: rubric.hash });
    return { held, evaluation: { pairs: 0 } };
  };

  restore: RewardForm['restore'] = async (_directory, _details, names) => this.take(names);

  private take(names: { hash: string; rubricHash: string }): HeldRewardModel {
    this.held.push(names.hash);
    return {
      model: createMemoryRewardModel({
        ...names,
        outcome: ({ answer }) => ({ kind: 'scored', score: { mean: answer.length, variance: 0 } }),
      }),
      save: async () => ({ form: 'light' }),
      free: async () => {
        this.held.splice(this.held.indexOf(names.hash), 1);
      },
    };
  }
}

describe('the reward models of a run', () => {
  const folder = useTemporaryFolder();
  const rubrics = ['a', 'b'].map((id): Rubric => ({ ...emptyRubric, id, hash: `rubric-${id}` }));
  const prompt = promptOf(arabic, 'أين أسافر؟');
  const item: ScoreItem = {
    prompt,
    promptTokenIds: [],
    answers: ['ab', 'abcd'].map((text) => ({ text, tokenIds: [] })),
  };

  function aPlane(): {
    plane: RewardPlane;
    form: CountingForm;
    paidBy: (source: RewardSource) => Promise<unknown>;
  } {
    const form = new CountingForm();
    const scorer = new RewardModelScorer();
    const inputs: Partial<RewardPlaneInputs> = {
      ...{
        config: { seed: 1 },
        locale: 'ar',
        profile: arabic,
        form,
        scorer,
        rubrics,
        pairs: [],
        references: [item],
      },
      judge: (rubric) =>
        Promise.resolve({ rubric, aggregate: { preferences: [] } } as unknown as ReturnType<
          RewardPlaneInputs['judge']
        >),
      store: new RewardStore(folder(), form),
    };
    return {
      plane: new RewardPlane(inputs as RewardPlaneInputs),
      form,
      paidBy: ({ rubricHash, rewardModelHash }) =>
        scorer.score({ rubricHash, rewardModelHash, items: [item] }),
    };
  }

  it('take up room while an arm uses them, and come back unchanged for a rollback', async () => {
    const { plane, form, paidBy } = aPlane();
    const arm = plane.sources('judged');
    const first = await arm.activate('rubric-a', signal);
    const before = await paidBy(first);
    await arm.keep([first]);
    const second = await arm.activate('rubric-b', signal);
    expect(form.held).toEqual(['model of a', 'model of b']);
    await arm.keep([second]);
    expect(form.held).toEqual(['model of b']);
    expect(await arm.activate('rubric-a', signal)).toEqual(first);
    expect(await paidBy(first)).toEqual(before);
    expect(form.held).toEqual(['model of b', 'model of a']);
    expect(form.trained).toBe(2);
  });

  it('stay for the other arm that uses them', async () => {
    const { plane, form } = aPlane();
    const [one, other] = [plane.sources('judged'), plane.sources('judged')];
    const source = await one.activate('rubric-a', signal);
    await other.activate('rubric-a', signal);
    await one.keep([]);
    expect(form.held).toEqual(['model of a']);
    await other.keep([source]);
    expect(form.held).toEqual(['model of a']);
    await other.keep([]);
    expect(form.held).toEqual([]);
  });

  it('are there for whoever asks after the arms have ended, and gone when the run has', async () => {
    const { plane, form, paidBy } = aPlane();
    const arm = plane.sources('judged');
    const source = await arm.activate('rubric-a', signal);
    await arm.keep([]);
    await paidBy(source);
    expect(form.held).toEqual(['model of a']);
    await plane.close();
    expect(form.held).toEqual([]);
    await expect(paidBy(source)).rejects.toMatchObject({ code: 'failed_precondition' });
  });
});
