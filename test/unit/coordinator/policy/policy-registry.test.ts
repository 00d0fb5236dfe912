import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TrainedModel } from '../../../../coordinator/models/trained-model.js';
import { PolicyRegistry } from '../../../../coordinator/policy/policy-registry.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

async function aLedger(): Promise<MemoryLedger> {
  const ledger = new MemoryLedger(new FakeClock());
  const run = { id: 'run', name: 'run', seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
  await ledger.createRun(run);
  return ledger;
}

describe('PolicyRegistry', () => {
  const folder = useTemporaryFolder();

  it('removes what was published and never recorded, by name, and nothing else', async () => {
    const trainer = new FakeTrainer({ vocabSize: 4, published: new Map() });
    const spec = { role: 'policy', base: 'base', heads: 0, seed: 1 } as const;
    const model = await TrainedModel.create(trainer, { run: 'run', epoch: 1 }, spec);
    const ledger = await aLedger();
    const announcer = { announce: async () => undefined, retireBefore: async () => undefined };
    const registry = new PolicyRegistry({ run: 'run', model, ledger, announcer, directory: folder() });
    await registry.discardUnrecorded();
    for (const version of [0, 1]) {
      const { location, hash } = await registry.publish(version, 'rubric-a');
      mkdirSync(location);
      // Recorded when the workspace had another name.
      const elsewhere = join('elsewhere', location.slice(folder().length));
      if (version === 0) await registry.record({ version, hash, location: elsewhere, rubricHash: 'r' });
    }
    mkdirSync(join(folder(), '.unfinished-1'));
    await registry.discardUnrecorded();
    expect(readdirSync(folder())).toEqual(['policy-000000']);
  });

  it('names a version by its weights, and has it in the ledger before anyone can ask for it', async () => {
    const published = new Map();
    const trainer = new FakeTrainer({ vocabSize: 4, published });
    const spec = { role: 'policy', base: 'base', heads: 0, seed: 1 } as const;
    const model = await TrainedModel.create(trainer, { run: 'run', epoch: 1 }, spec);
    const ledger = await aLedger();
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
