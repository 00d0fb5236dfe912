import type { KeptReward } from '../../../../cli/serving/rewards-keeper.js';
import { whyUnready } from '../../../../cli/serving/why-unready.js';

const HASHES = { rubricHash: 'r', rewardModelHash: 'm' };
const kept = (alias: string, absence?: string): KeptReward => ({
  ...{ alias, rubricId: 'ar-msa', form: 'network', unasked: [], ...HASHES },
  trainers: [undefined, { address: 'gpu:7300', key: 'k', absence }],
});

describe('why a reward server is not ready', () => {
  it('is that what trainers ask for has no trainer, and which', () => {
    expect(whyUnready([kept('active'), kept('next')])).toBeUndefined();
    expect(whyUnready([kept('next'), kept('active', 'nobody listens')])).toBe(
      'active cannot be scored: the trainer at gpu:7300: nobody listens',
    );
  });

  it('is no reward beside the active one, and any where none is so called', () => {
    expect(whyUnready([kept('next', 'nobody listens'), kept('active')])).toBeUndefined();
    expect(whyUnready([kept('first'), kept('next', 'nobody listens')])).toMatch(/^next cannot be scored/);
  });
});
