import { TokenRates } from '../../../../../cli/commands/top/token-rates.js';
import { topText } from '../../../../../cli/commands/top/top-text.js';
import type { Look } from '../../../../../cli/commands/top/take-look.js';
import type { RunSummary } from '../../../../../coordinator/control/run-control.js';

function aRun(metrics?: Readonly<Record<string, number>>): RunSummary {
  const run = {
    ...{ id: 'arabic-1', name: 'arabic', state: 'running' as const, seed: 1, config: '{}', configHash: 'c' },
    ...{ fingerprints: {}, epoch: 1, createdAtMs: 0 },
  };
  if (metrics === undefined) return { run, progress: { iterations: 0 } };
  const last = {
    ...{ iteration: 4, policyVersion: 4, rubricHash: 'r', rewardModelHash: 'm', inputsHash: 'i' },
    ...{ controlSequence: 0, metrics },
  };
  return { run, progress: { iterations: 5, last } };
}

const EMPTY: Look = { runs: [], fleet: { workers: [], refused: {} }, pools: [], over: 'process' };
const AT = { nowMs: 61_000, rates: new Map() };

describe('what majlis top shows', () => {
  it('is three tables: runs with their figures, workers with their load, queues', () => {
    const look: Look = {
      runs: [aRun({ 'objective/scores': 1.23456, 'objective/kl': 0.5, 'staleness/max': 1 })],
      fleet: {
        workers: [
          {
            ...{
              worker: 'gpu-0',
              pool: 'default',
              slots: 4,
              tokensPerSecond: 41.7,
              engineFingerprint: 'f',
              state: 'RUNNING',
            },
            ...{ held: [{ taskId: 't', heldMs: 5000 }], policyHash: 'abcdef0123456789', isReady: true },
            ...{ attachedAtMs: 1000, removalRank: 0, removalCost: 1, refusedResults: 0 },
          },
        ],
        refused: { engine: 2 },
      },
      pools: [
        {
          ...{ pool: 'default', demand: 16, outstanding: 9 },
          queues: { tasksPending: 5, tasksLeased: 4, resultsPending: 1, deadLetters: 2 },
        },
      ],
      over: 'process',
    };
    expect(topText(look, { ...AT, rates: new Map([['arabic-1', 1234.5]]) }).split('\n')).toEqual([
      'runs',
      'run       state    iterations  reward  KL   tokens/s  staleness',
      'arabic-1  running  5           1.235   0.5  1235      1',
      '',
      'workers; refused: 2 engine',
      'worker  pool     state    held/slots  policy        ready  tokens/s  longest  attached',
      'gpu-0   default  RUNNING  1/4         abcdef012345  yes    42        5 s      1 min 0 s',
      '',
      'queues',
      'pool     demand  outstanding  waiting  leased  results  dead letters',
      'default  16      9            5        4       1        2',
    ]);
  });

  it('says what there is not, where, and why', () => {
    expect(topText(EMPTY, AT)).toBe('runs: none\n\nworkers of other processes: none\n\nqueues: none');
    const away: Look = { ...EMPTY, pools: 'the bus is away', over: 'ledger_file', runs: [aRun()] };
    const text = topText(away, AT);
    expect(text).toContain('runs (no process is at work; this is what the ledger has)');
    expect(text).toContain('arabic-1  running  0           -       -   -         -');
    expect(text).toContain('queues: not known now: the bus is away');
  });

  it('dashes what an idle pool has no queues for', () => {
    const idle = { ...EMPTY, pools: [{ pool: 'default', demand: 0, outstanding: 0 }] };
    expect(topText(idle, AT)).toContain('default  0       0            -        -       -        -');
  });
});

describe('token rates', () => {
  it('are over the time since the run was first seen, and unknown until an iteration ended meanwhile', () => {
    const rates = new TokenRates();
    expect(rates.rate(aRun({ num_tokens: 1000 }), 0)).toBeUndefined();
    expect(rates.rate(aRun({ num_tokens: 1000 }), 1000)).toBeUndefined();
    expect(rates.rate(aRun({ num_tokens: 4000 }), 2000)).toBe(1500);
    expect(rates.rate(aRun(), 3000)).toBeUndefined();
  });
});
