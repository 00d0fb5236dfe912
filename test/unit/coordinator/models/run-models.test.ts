import { compileAlgorithm } from '../../../../coordinator/algorithm-options.js';
import { createRunModels, deleteRunModels } from '../../../../coordinator/models/run-models.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';

const session = { run: 'run', epoch: 1 };

describe('createRunModels', () => {
  it('refuses PPO, before anything is created, where the trainer has no critic', async () => {
    const trainer = new FakeTrainer({ vocabSize: 8, published: new Map(), roles: ['policy', 'reference'] });
    const spec = { base: 'base', seed: 1, algorithm: compileAlgorithm({}) };
    await expect(createRunModels(trainer, session, spec)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'ppo needs what the trainer fake does not have: role critic',
    });
    expect(trainer.calls).toEqual([]);
  });

  it('creates no critic for an estimator that needs none', async () => {
    const trainer = new FakeTrainer({ vocabSize: 8, published: new Map(), roles: ['policy', 'reference'] });
    const spec = { base: 'base', seed: 1, algorithm: compileAlgorithm({ estimator: 'rloo' }) };
    const models = await createRunModels(trainer, session, spec);
    expect(models.critic).toBeUndefined();
    expect(trainer.calls).toEqual(['create policy', 'create reference']);
    await deleteRunModels(models);
    await expect(models.policy.publish('x')).rejects.toMatchObject({ code: 'not_found' });
  });
});
