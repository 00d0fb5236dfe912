import { TrainedModel } from '../../../../coordinator/models/trained-model.js';
import { PolicyRegistry } from '../../../../coordinator/policy/policy-registry.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';

describe('PolicyRegistry', () => {
  it('names a version by its weights, and has it in the ledger before anyone can ask for it', async () => {
    const published = new Map();
    const trainer = new FakeTrainer({ vocabSize: 4, published });
    const spec = { role: 'policy', base: 'base', heads: 0, seed: 1 } as const;
    const model = await TrainedModel.create(trainer, { run: 'run', epoch: 1 }, spec);
    const ledger = new MemoryLedger(new FakeClock());
    await ledger.createRun({
      id: 'run',
      name: 'run',
      seed: 1,
      config: '{}',
      configHash: 'c',
      fingerprints: {},
    });
    const recordedWhenAnnounced: number[] = [];
    const announce = async (): Promise<void> => {
      recordedWhenAnnounced.push((await ledger.policyVersions('run')).length);
    };
    const registry = new PolicyRegistry({
      run: 'run',
      model,
      ledger,
      announcer: { announce, retireBefore: async () => undefined },
      directory: 'dir',
    });
    const first = await registry.publish(0, 'rubric-a');
    const second = await registry.publish(1, 'rubric-b');
    for (const policy of [first, second]) {
      await registry.record(policy);
      await registry.announce(policy);
    }
    expect(recordedWhenAnnounced).toEqual([1, 2]);
    expect(second.hash).toBe(first.hash);
    expect([...published.keys()]).toEqual([first.location, second.location]);
    expect(await ledger.policyVersions('run')).toEqual([first, second]);
    expect(await registry.find(1)).toEqual(second);
    await expect(registry.find(2)).rejects.toThrow('run run has no policy version 2');
  });
});
