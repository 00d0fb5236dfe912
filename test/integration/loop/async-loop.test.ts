import { LoopRig, WANTED_TOKEN } from '../../support/loop-rig.js';

describe('the async loop in one process', () => {
  it('raises what is paid for, and accounts for every task', async () => {
    const rig = new LoopRig({
      schedule: { kind: 'async', maxStaleness: 1 },
      algorithm: { iterations: 15 },
      workers: 2,
    });
    const end = await rig.play();
    expect(end.state).toBe('completed');
    const scores = rig.iterations.map(({ metrics }) => metrics['objective/scores']);
    expect(scores.at(-1)).toBeGreaterThan(scores[0] + 1);
    const logits = rig.trainer.weightsOf('policy');
    expect(logits.indexOf(Math.max(...logits))).toBe(WANTED_TOKEN);
    expect(rig.alarms).toEqual([]);
  });
});
