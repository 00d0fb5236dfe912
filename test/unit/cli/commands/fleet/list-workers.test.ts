import { fleetText } from '../../../../../cli/commands/fleet/list-workers.js';
import type { WorkerStatus } from '../../../../../core/domain/worker.js';

const WORKER: WorkerStatus = {
  ...{ worker: 'node-a-7', pool: 'default', slots: 2, engineFingerprint: 'ort', state: 'RUNNING' },
  held: [{ taskId: 't', heldMs: 3000 }],
  policyHash: '0123456789abcdef',
  isReady: true,
  attachedAtMs: 0,
  ...{ removalRank: 1, removalCost: 13, refusedResults: 0 },
};

describe('majlis fleet', () => {
  it('shows each worker with its load, its policy and what removing it costs', () => {
    const idle: WorkerStatus = { ...WORKER, worker: 'b', held: [], removalRank: 0, removalCost: 0 };
    const text = fleetText(
      { workers: [{ ...idle, heldBack: 'the run stands' }, WORKER], refused: {} },
      60_000,
    );
    const [, first, second] = text.split('\n').map((line) => line.split(/ {2,}/));
    expect(first).toEqual([
      'b',
      'RUNNING',
      '2',
      '0',
      '0123456789ab',
      'yes',
      '1 min 0 s',
      '0 (cost 0)',
      'the run stands',
    ]);
    expect(second).toEqual([
      'node-a-7',
      'RUNNING',
      '2',
      '1',
      '0123456789ab',
      'yes',
      '1 min 0 s',
      '1 (cost 13)',
    ]);
  });

  it('says how to start a worker where there is none, and why some were refused', () => {
    expect(fleetText({ workers: [], refused: { fingerprint: 2, pool: 1 } }, 0)).toBe(
      'No worker is attached; "majlis worker rollout --bus URL" starts one.\n' +
        'refused sessions: 2 for their fingerprint, 1 for their pool',
    );
  });
});
