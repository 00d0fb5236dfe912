import { resolve } from 'node:path';
import { servedChoice } from '../../../../cli/serving/served-choice.js';

describe('what a reward server is told to serve', () => {
  it('is one reward by flags, called active unless told', async () => {
    const { rewards, drainMs } = await servedChoice({ rubric: 'ar-msa', model: 'models/a' }).read();
    expect(rewards).toEqual({ active: { rubric: 'ar-msa', model: 'models/a' } });
    expect(drainMs).toBe(30_000);
    expect((await servedChoice({ rubric: 'ja', alias: 'ja' }).read()).rewards).toEqual({
      ja: { rubric: 'ja' },
    });
  });

  it('or what a file says', () => {
    expect(servedChoice({ config: 'rewards.yaml' }).file).toBe(resolve('rewards.yaml'));
  });

  it.each([
    [{}, 'command line: found nothing to serve; allowed: --rubric, --model, or both; or --config'],
    [{ config: 'a.yaml', model: 'm' }, 'command line: found --model beside --config; allowed: one of them'],
    [{ model: 'm', alias: 'no alias' }, 'letters and digits, joined by . _ or -'],
  ])('refuses %j', (flags, sentence) => {
    expect(() => servedChoice(flags)).toThrow(sentence);
  });
});
