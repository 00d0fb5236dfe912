import { join } from 'node:path';
import { exportRewardModel } from '../../../cli/commands/reward/export-reward-model.js';
import { openLightReward } from '../../../cli/commands/reward/open-light-reward.js';
import { runDirectory } from '../../../cli/pipeline/enter-run.js';
import { LightRewardForm } from '../../../cli/pipeline/reward-forms/light-reward-form.js';
import { RewardSetStore } from '../../../cli/pipeline/reward-set-store.js';
import { RewardStore } from '../../../cli/pipeline/reward-store.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { saveLightReward } from '../../../reward/model/light/light-artifact.js';
import { FakeClock } from '../../support/fake-clock.js';
import { simulateJudgedTexts } from '../../support/judged-texts.js';
import { trainShipped } from '../../support/light-training.js';
import { arabic } from '../../support/small-locales.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const clock = new FakeClock();

describe('majlis reward export', () => {
  const folder = useTemporaryFolder();
  const place = (out: string): { workspace: string; run: string; out: string } => ({
    ...{ workspace: folder(), run: 'r', out: join(folder(), out) },
  });

  /** A run of one iteration, paid by this. */
  async function paidBy(rewardModelHash: string): Promise<void> {
    const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
    await ledger.createRun({ id: 'r', name: 'r', seed: 1, config: '{}', configHash: 'c', fingerprints: {} });
    const hashes = { rubricHash: 'set', rewardModelHash, inputsHash: 'inputs' };
    await ledger.completeIteration('r', {
      record: { iteration: 0, policyVersion: 0, ...hashes, controlSequence: 0, metrics: {} },
      consumed: [],
      policy: { version: 0, hash: 'w0', location: '/p/0', rubricHash: 'set' },
    });
    await ledger.close();
  }

  /** A light model as a run keeps it; its hash. */
  async function kept(rubricId: string): Promise<string> {
    const { reward } = await trainShipped(rubricId, simulateJudgedTexts(20, { seed: 3, lengthBias: 0 }));
    const form = new LightRewardForm({ profile: arabic, heads: 1, seed: 1 });
    const names = { hash: reward.hash, rubricHash: reward.rubric.hash };
    const made = join(folder(), `made-${rubricId}`);
    await saveLightReward(made, reward);
    const record = { rewardModelHash: reward.hash, normalizer: new Map(), evaluation: { pairs: 0 } };
    await new RewardStore(join(runDirectory(folder(), 'r'), 'rewards'), form).save(
      rubricId,
      { ...record, preferences: [] },
      await form.restore(made, { form: 'light' }, names),
    );
    return reward.hash;
  }

  it("copies the model of one of a run's locales", async () => {
    const members = [
      { locale: 'ar', rubricHash: 'a', rewardModelHash: await kept('ar-msa') },
      { locale: 'ko', rubricHash: 'k', rewardModelHash: await kept('ko-haeyo') },
    ];
    await new RewardSetStore(join(runDirectory(folder(), 'r'), 'rewards', 'sets')).save('both', members);
    await paidBy('both');
    const exported = await exportRewardModel({ ...place('out'), locale: 'ko' }, clock);
    expect(exported.json).toMatchObject({ hash: members[1].rewardModelHash, iterations: [0] });
    expect((await openLightReward(join(folder(), 'out'))).rubric.id).toBe('ko-haeyo');
    await expect(exportRewardModel(place('other'), clock)).rejects.toThrow(
      '--locale: found nothing, in a run on several locales; allowed: ar, ko',
    );
  });

  it('says so where the model is not there any more, or the run has no iterations', async () => {
    await paidBy('gone');
    await expect(exportRewardModel(place('out'), clock)).rejects.toMatchObject({
      code: 'data_loss',
      message: 'reward model gone is not in the folder of run r any more',
    });
    await expect(exportRewardModel({ ...place('out'), iteration: 3 }, clock)).rejects.toThrow(
      'run r has no iteration 3: it has those from 0 to 0',
    );
  });
});
