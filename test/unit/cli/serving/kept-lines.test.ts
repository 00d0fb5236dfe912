import { keptLines } from '../../../../cli/serving/kept-lines.js';
import type { KeptReward } from '../../../../cli/serving/rewards-keeper.js';

const kept = (alias: string, over: Partial<KeptReward> = {}): KeptReward => ({
  ...{ alias, rubricId: 'ar-msa', form: 'light', unasked: [], trainers: [] },
  ...{ rubricHash: 'a'.repeat(64), rewardModelHash: 'b'.repeat(64), ...over },
});

describe('what a reward server says that it serves', () => {
  it('is a line for each reward, with what of its rubric nobody is asked', () => {
    expect(keptLines([kept('active'), kept('next', { form: 'rules', unasked: ['tone'] })])).toEqual([
      'active is rubric ar-msa (aaaaaaaaaaaa), light model bbbbbbbbbbbb',
      'next is rubric ar-msa (aaaaaaaaaaaa), its rules alone; not tone, which no rule says and nobody is asked',
    ]);
  });

  it('is also where a network is computed, if that is another process', () => {
    const gpu = { address: 'gpu-1:7300', key: 'k', absence: undefined };
    expect(keptLines([kept('active', { form: 'network', trainers: [gpu] })])).toEqual([
      'active is rubric ar-msa (aaaaaaaaaaaa), network bbbbbbbbbbbb in the trainer at gpu-1:7300',
    ]);
  });

  it('is also that no reward is what trainers ask for unless told', () => {
    expect(keptLines([kept('candidate'), kept('next')])[2]).toBe(
      'no reward is called active, which trainers ask for unless told; they have to name candidate, next',
    );
  });
});
