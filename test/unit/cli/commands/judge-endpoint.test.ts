import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judgeEndpoint } from '../../../../cli/commands/run/judge-endpoint.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const named = { judge: 'http://localhost:1/v1', judgeModel: 'm' };

describe('judgeEndpoint', () => {
  const folder = useTemporaryFolder();

  it('is none where no flag names one, whatever key the environment holds', async () => {
    expect(await judgeEndpoint({}, { openAiApiKey: 'k' })).toBeUndefined();
  });

  it('takes the key from the environment', async () => {
    expect(await judgeEndpoint(named, { openAiApiKey: 'k' })).toEqual({
      url: 'http://localhost:1/v1',
      model: 'm',
      apiKey: 'k',
    });
    expect(await judgeEndpoint(named, {})).not.toHaveProperty('apiKey');
  });

  it('prefers the key file, without the line feed at its end', async () => {
    const judgeKeyFile = join(folder(), 'key');
    writeFileSync(judgeKeyFile, 'from-file\n');
    const endpoint = await judgeEndpoint({ ...named, judgeKeyFile }, { openAiApiKey: 'k' });
    expect(endpoint?.apiKey).toBe('from-file');
  });

  it.each([
    [{ judge: 'nonsense', judgeModel: 'm' }, '--judge: found "nonsense"; allowed: an http or https URL'],
    [
      { judge: 'file:///etc', judgeModel: 'm' },
      '--judge: found "file:///etc"; allowed: an http or https URL',
    ],
    [
      { judge: named.judge },
      '--judge: found no --judge-model beside it; allowed: --judge-model NAME with it',
    ],
    [{ judgeModel: 'm' }, '--judge-model: found no --judge beside it; allowed: --judge URL with it'],
  ])('refuses %p', async (options, sentence) => {
    await expect(judgeEndpoint(options, {})).rejects.toThrow(sentence);
  });
});
