/** The example for a Gemma, on a random model of two layers that was taught to answer for a moment: from the file as it stands to a measure. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runConfigSchema } from '../../core/config/run-config.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import { startGeneratorProcess } from '../../cli/commands/trainer/generator-process.js';
import { startTorchProcess } from '../../cli/commands/trainer/torch-process.js';
import { majlis } from '../integration/cli/majlis-process.js';
import { writeTinyInstructionModel } from '../integration/external-run/tiny-qwen.js';
import { describeWithPython, interpreter } from '../support/python.js';
import { useLastingFolder } from '../support/temporary-folder.js';

jest.setTimeout(240_000);

const EXAMPLES = join(packageRoot, 'examples');
const QUESTIONS = Array.from({ length: 12 }, (_, at) => ({
  ...{ id: `q${at}`, question: `هل الرقم ${at} زوجي؟`, answer: at % 2 === 0 ? 'نعم' : 'لا' },
}));

describeWithPython('examples/gemma-arabic', () => {
  const folder = useLastingFolder();

  it('runs as it stands and is measured before and after', async () => {
    const example = join(folder(), 'gemma-arabic');
    cpSync(join(EXAMPLES, 'gemma-arabic'), example, { recursive: true });
    symlinkSync(join(EXAMPLES, 'arabic'), join(folder(), 'arabic'));
    const model = join(example, 'model');
    await writeTinyInstructionModel(model, join(EXAMPLES, 'arabic', 'sft.jsonl'));
    // A random model's answers are all vetoed; a few steps of all its weights make it speak. All else stays, but for the length.
    const runFile = join(example, 'run.yaml');
    const text = readFileSync(runFile, 'utf8')
      .replace(
        'supervised: { steps: 0 }',
        'supervised: { steps: 20, sequencesPerStep: 16, learningRate: 1e-2, warmupSteps: 5 }',
      )
      .replace(', lora: { rank: 16, alpha: 32 }', '')
      .replace('maxNewTokens: 64', 'maxNewTokens: 16')
      .replace('iterations: 12', 'iterations: 2');
    writeFileSync(runFile, text);
    const workspace = join(folder(), 'workspace');
    const words = ['--workspace', workspace];
    const run = await majlis(['--json', 'up', runFile, ...words, '--workers', '1', '--python', interpreter]);
    expect({ status: run.status, stderr: run.status === 0 ? '' : run.stdout + run.stderr }).toEqual({
      status: 0,
      stderr: '',
    });

    const questions = join(folder(), 'choices.jsonl');
    writeFileSync(questions, QUESTIONS.map((one) => JSON.stringify(one)).join('\n'));
    const vicuna = join(folder(), 'vicuna.jsonl');
    const asked = QUESTIONS.map(({ question }, at) => JSON.stringify({ question_id: at, text: question }));
    writeFileSync(vicuna, asked.join('\n'));
    const [torch, generator] = await Promise.all([
      startTorchProcess({ python: interpreter, model }),
      startGeneratorProcess({ python: interpreter, model }),
    ]);
    const { runId } = JSON.parse(run.stdout.trim().split('\n').at(-1) ?? '') as { runId: string };
    const measured = await majlis([
      ...['measure', runId, ...words, '--choices', questions, '--instruction', 'أجب بنعم أو لا'],
      ...['--prompts', vicuna, '--sample', '10', '--trainer', torch.address, '--engine', generator.baseUrl],
    ]);
    await Promise.all([torch.stop(), generator.stop()]);
    expect({ status: measured.status, stderr: measured.status === 0 ? '' : measured.stderr }).toEqual({
      status: 0,
      stderr: '',
    });
    expect(measured.stdout).toMatch(/choices +before +\d+\.\d% \(/);
    expect(measured.stdout).toMatch(
      /change .*: (better|worse|cannot be told from no difference on 10 questions)/,
    );
    expect(measured.stdout).toMatch(
      /answers +wins less a half .*(better|worse|cannot be told from no difference)/,
    );
  });
});

describe('examples/qwen-arabic-ppo', () => {
  it('is a run file', async () => {
    const config = await readYaml(join(EXAMPLES, 'qwen-arabic-ppo', 'run.yaml'), runConfigSchema);
    expect(config.algorithm.estimator).toBe('ppo');
    expect(config.trainer?.torch.address).toBe('127.0.0.1:7300');
  });
});
