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

  it('names the trainer of a network as a file does', async () => {
    const { rewards } = await servedChoice({ model: 'runs/r/rewards/a', trainer: 'gpu-1:7300' }).read();
    const trainer = { torch: { address: 'gpu-1:7300' } };
    expect(rewards).toEqual({ active: { model: 'runs/r/rewards/a', trainer } });
  });

  it('or what a file says', () => {
    expect(servedChoice({ config: 'rewards.yaml' }).file).toBe(resolve('rewards.yaml'));
  });

  it.each([
    [{}, 'command line: found nothing to serve; allowed: --rubric, --model, or both; or --config'],
    [{ config: 'a.yaml', model: 'm' }, 'command line: found --model beside --config; allowed: one of them'],
    [{ config: 'a.yaml', trainer: 'gpu:1' }, 'command line: found --trainer beside --config; allowed: one'],
    [{ model: 'm', trainer: 'gpu' }, '--trainer: found gpu; allowed: host:port, such as 127.0.0.1:7300'],
    [{ model: 'm', alias: 'no alias' }, 'letters and digits, joined by . _ or -'],
  ])('refuses %j', (flags, sentence) => {
    expect(() => servedChoice(flags)).toThrow(sentence);
  });
});
