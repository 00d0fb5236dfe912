import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { OpenAiEngine } from '../../../core/engine/openai-engine.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { majlis, startMajlis } from './majlis-process.js';

describeWithPython('majlis engine torch', () => {
  const folder = useTemporaryFolder();

  it('serves a model directory until it is stopped', async () => {
    const config = { vocabSize: 24, contextLength: 16, layers: 1, width: 16, heads: 2 };
    const model = join(folder(), 'model');
    await writeModelDirectory({ directory: model, config, weights: initialWeights(config, 3) });
    const { child, finished } = startMajlis([
      ...['engine', 'torch', '--model', model, '--python', interpreter, '--json'],
    ]);
    if (child.stderr === null) throw new Error('the process has no stderr');
    let baseUrl: string | undefined;
    for await (const line of createInterface({ input: child.stderr })) {
      baseUrl = /engine at (\S+),/.exec(line)?.[1];
      if (baseUrl !== undefined) break;
    }
    const engine = await OpenAiEngine.connect({ baseUrl: String(baseUrl) });
    expect(engine).toMatchObject({ contextLength: 16, deterministic: true });
    child.kill('SIGTERM');
    const { status, stdout } = await finished;
    expect({ status, said: JSON.parse(stdout) }).toEqual({ status: 0, said: { baseUrl, contextLength: 16 } });
  }, 60_000);

  it('says what is wrong with a model directory', async () => {
    const { status, stderr } = await majlis([
      ...['engine', 'torch', '--model', folder()],
      ...['--python', interpreter],
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain(
      `The model directory ${folder()} cannot be opened: ${join(folder(), 'config.json')} cannot be read.`,
    );
  });
});
