/** `majlis up` as a person starts it: a random Qwen3, PyTorch, the CPU generator and the run, as processes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { majlis, startMajlis } from '../cli/majlis-process.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { writeTinyInstructionModel } from '../external-run/tiny-qwen.js';

jest.setTimeout(240_000);

describeWithPython('majlis up', () => {
  const folder = useLastingFolder();
  let head: string;

  beforeAll(async () => {
    const shipped = readFileSync(writeSmallRunFile(folder(), 'arabic'), 'utf8');
    head = shipped.slice(0, shipped.indexOf('swap:'));
    await writeTinyInstructionModel(join(folder(), 'model'), join(folder(), 'sft.jsonl'));
  });

  const argumentsFor = (name: string, engine: string): string[] => {
    const runFile = join(folder(), `${name}.yaml`);
    writeFileSync(
      runFile,
      `${head}trainer: { torch: {} }
engine: ${engine}
model: { directory: model, contextLength: 192 }
supervised: { steps: 10, sequencesPerStep: 16, learningRate: 1e-2, warmupSteps: 5 }
preferences: { answersPerPrompt: 4, pairsPerPrompt: 4 }
sampling: { maxNewTokens: 16, temperature: 0.9 }
rewardModel: { form: light }
algorithm: { iterations: 4, promptsPerIteration: 4, groupSize: 4, criticWarmupIterations: 1 }
`,
    );
    return ['up', runFile, '--workspace', join(folder(), name), '--workers', '1', '--python', interpreter];
  };

  it('runs to the report, also where the trainer is killed on the way', async () => {
    const { child, finished } = startMajlis(argumentsFor('killed', '{ openai: {} }'));
    const pid = new Promise<number>((resolve) => {
      let text = '';
      child.stderr?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const at = /trainer +\| process (\d+) listens/.exec(text);
        if (at !== null && /PPO rubricA +1\/4/.test(text)) resolve(Number(at[1]));
      });
    });
    process.kill(await pid, 'SIGKILL');
    const { status, stdout, stderr } = await finished;
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('\nreport: ');
    expect(stderr).toMatch(/trainer +\| ended with status null; it is started again/);
    expect(stderr).toMatch(/run +\| .*(started again|does not answer)/);
    expect(stderr).toMatch(/run +\| PPO rubricA +4\/4 iterations/);
  });

  it('refuses certificates for a trainer that it starts itself', async () => {
    const args = argumentsFor('needless', '{ openai: {} }');
    const runFile = join(folder(), 'needless.yaml');
    const text = readFileSync(runFile, 'utf8').replace('torch: {}', 'torch: { tls: { ca: ca.crt } }');
    writeFileSync(runFile, text);
    const { status, stderr } = await majlis(args);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('trainer.torch.tls'),
    });
  });

  it('says who failed, with its last lines, and stops the others', async () => {
    const command = JSON.stringify([
      process.execPath,
      '-e',
      'console.error("no GPU {model}"); process.exit(3)',
    ]);
    const { status, stderr } = await majlis(argumentsFor('failing', `{ openai: { command: ${command} } }`));
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/engine +\| no GPU .*model/);
    expect(stderr).toMatch(/The engine ended with status 3/);
    expect(stderr).not.toMatch(/run +\|/);
  });

  it('stops all of it when it is asked to, and shows lines as JSON', async () => {
    const { child, finished } = startMajlis(['--json', ...argumentsFor('stopped', '{ openai: {} }')]);
    const lines: { process: string; line: string }[] = [];
    const begun = new Promise<void>((resolve) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('"process":"run"')) resolve();
      });
    });
    await begun;
    child.kill('SIGTERM');
    const { status, stdout, stderr } = await finished;
    for (const line of stdout.trim().split('\n')) lines.push(JSON.parse(line) as (typeof lines)[number]);
    expect(new Set(lines.map(({ process: name }) => name))).toEqual(new Set(['trainer', 'engine', 'run']));
    expect(status).not.toBe(0);
    expect(stderr).toContain('majlis: stopping');
    const trainer = lines.flatMap(({ line }) => /^process (\d+) listens/.exec(line)?.[1] ?? []);
    expect(() => process.kill(Number(trainer[0]), 0)).toThrow('ESRCH');
  });
});
