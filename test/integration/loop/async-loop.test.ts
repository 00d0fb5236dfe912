import { updateRecordSchema } from '../../../coordinator/update/update-record.js';
import type { UpdateRecord } from '../../../coordinator/update/update-record.js';
import { scored } from '../../support/fake-scorer.js';
import { LoopRig, WANTED_TOKEN } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';

const GROUPS = 4;

function asyncRig(options: LoopRigOptions = {}): LoopRig {
  return new LoopRig({ schedule: { kind: 'async', maxStaleness: 1 }, workers: 2, ...options });
}

/** How many tasks of the run ended, or stand, in each state. */
async function states({ ledger, run }: LoopRig): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { state } of await ledger.tasks(run)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

async function records({ ledger, run, artifacts }: LoopRig): Promise<readonly UpdateRecord[]> {
  const iterations = await ledger.iterations(run);
  const stored = await Promise.all(iterations.map(({ inputsHash }) => artifacts.get(inputsHash)));
  return stored.map((bytes) => updateRecordSchema.parse(JSON.parse(new TextDecoder().decode(bytes))));
}

describe('the async loop in one process', () => {
  it('raises what is paid for, and consumes every task', async () => {
    const rig = asyncRig({ algorithm: { iterations: 15 } });
    const end = await rig.play();
    expect(end.state).toBe('completed');
    const scores = rig.iterations.map(({ metrics }) => metrics['objective/scores']);
    expect(scores.at(-1)).toBeGreaterThan(scores[0] + 1);
    const logits = rig.trainer.weightsOf('policy');
    expect(logits.indexOf(Math.max(...logits))).toBe(WANTED_TOKEN);
    expect(await states(rig)).toEqual({ consumed: 15 * GROUPS });
    expect(rig.alarms).toEqual([]);
  });

  it('corrects for the policy that sampled, which the record names', async () => {
    const rig = asyncRig({ algorithm: { criticWarmupIterations: 0 } });
    await rig.play();
    const versions = await rig.ledger.policyVersions(rig.run);
    let older = 0;
    for (const { iteration, sequences } of await records(rig)) {
      const sampledFrom = sequences.flatMap((sequence) => sequence.sampledFrom ?? []);
      older += sampledFrom.length;
      for (const { version, hash } of sampledFrom) {
        expect(version).toBe(iteration - 1);
        expect(hash).toBe(versions[version].hash);
      }
      const { metrics } = rig.iterations[iteration];
      expect(metrics['staleness/mean']).toBeCloseTo(sampledFrom.length / sequences.length, 12);
      expect(metrics['staleness/max']).toBe(sampledFrom.length > 0 ? 1 : 0);
      expect(metrics['sampling/importance_sampling_ratio/min'] < 0.99).toBe(sampledFrom.length > 0);
      expect(metrics['val/ratio_first_minibatch']).toBeCloseTo(1, 6);
    }
    expect(older).toBeGreaterThan(0);
  });

  it('overlaps scoring with learning: a judge has read the next answers before the iteration ends', async () => {
    const rig = asyncRig({ algorithm: { iterations: 3 } });
    const early: number[] = [];
    rig.trainer.isBroken = () => {
      early.push(rig.scorer.requests.length - GROUPS * (rig.iterations.length + 1));
      return false;
    };
    await rig.play();
    expect(Math.max(...early)).toBeGreaterThan(0);
    expect(rig.scorer.requests).toHaveLength(3 * GROUPS);
  });

  it('scores again under a rubric that was swapped in what the old one had scored', async () => {
    const scoreAnswer: LoopRigOptions['scoreAnswer'] = (_ids, _place, rubric) =>
      scored(rubric === 'rubric-a' ? 1 : 2);
    const rig = asyncRig({ scoreAnswer });
    await rig.create();
    await rig.ledger.requestControl(rig.run, {
      kind: 'swap_rubric',
      rubricHash: 'rubric-b',
      iteration: 3,
    });
    await rig.play();
    const paid = (await records(rig)).map(({ sequences }) => [
      ...new Set(
        sequences.map(({ outcome }) => (outcome.kind === 'scored' ? outcome.score.normalized : NaN)),
      ),
    ]);
    expect(paid).toEqual([[1], [1], [1], [2], [2], [2]]);
    expect(rig.scorer.requests.length).toBeGreaterThan(6 * GROUPS);
    expect(await states(rig)).toEqual({ consumed: 6 * GROUPS });
  });

  it('drops what is still open when it is cancelled', async () => {
    const rig = asyncRig();
    await rig.create();
    await rig.ledger.requestControl(rig.run, { kind: 'cancel', iteration: 3 });
    expect((await rig.play()).state).toBe('cancelled');
    const { consumed, dropped, ...others } = await states(rig);
    expect(consumed).toBe(3 * GROUPS);
    expect(dropped).toBeGreaterThan(0);
    expect(others).toEqual({});
  });

  it('issues nothing while it is paused', async () => {
    const rig = asyncRig();
    let isAsked = false;
    rig.engines[0].beforeGenerate = async () => {
      if (isAsked) return;
      isAsked = true;
      await rig.ledger.requestControl(rig.run, { kind: 'pause', iteration: 2 });
    };
    const playing = rig.play();
    await rig.reached('paused');
    const before = (await rig.ledger.tasks(rig.run)).length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await rig.ledger.tasks(rig.run)).toHaveLength(before);
    await rig.ledger.requestControl(rig.run, { kind: 'resume' });
    expect((await playing).state).toBe('completed');
    expect(await states(rig)).toEqual({ consumed: 6 * GROUPS });
  });

  it('goes on after its process died, and drops what that one had left open', async () => {
    const rig = asyncRig({ checkpoints: { directory: 'checkpoints', every: 4, keep: 2 } });
    const stop = new AbortController();
    rig.engines[0].beforeGenerate = async () => {
      if (rig.iterations.length === 3) stop.abort();
    };
    await expect(rig.play(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
    const left = await states(rig);
    const done = left.consumed / GROUPS;
    expect(done).toBeGreaterThanOrEqual(3);
    const open = (left.outstanding ?? 0) + (left.accepted ?? 0);
    expect(open).toBeGreaterThan(0);

    const next = rig.restarted();
    expect((await next.play()).state).toBe('completed');
    expect(next.iterations.map(({ iteration }) => iteration)).toEqual([3, 4, 5].slice(done - 3));
    expect(await states(next)).toEqual({ consumed: 6 * GROUPS, dropped: open });
    expect(next.alarms).toEqual([]);
  });

  it('learns from nothing older than what is in training where no staleness is allowed', async () => {
    const rig = asyncRig({ schedule: { kind: 'async', maxStaleness: 0 } });
    await rig.play();
    expect(rig.iterations.map(({ metrics }) => metrics['staleness/max'])).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await states(rig)).toEqual({ consumed: 6 * GROUPS });
  });
});
