import { join } from 'node:path';
import { openReward, type OpenedReward } from '../../../cli/serving/open-reward.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { scoreSequences } from '../../../reward/model/model-in-trainer.js';
import { flipBit } from '../../support/flip-bit.js';
import { writeNetworkRun, type NetworkRun } from '../../support/network-run.js';
import { quietTrainers } from '../../support/quiet-trainers.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const NAME = 'network';

const workspace = useLastingFolder();
const trainers = quietTrainers();
const trainer = EmbeddedTrainer.create({ threads: 1 });
let run: NetworkRun;
let opened: OpenedReward;

const open = (source: object, workspaceRun = 'r'): Promise<OpenedReward> =>
  openReward(
    { model: join('runs', workspaceRun, 'rewards', NAME), ...source },
    { file: join(workspace(), 'rewards.yaml'), place: 'rewards.active', trainers },
  );

describe("a network of a run's trainer as a served reward", () => {
  beforeAll(async () => {
    run = await writeNetworkRun(workspace(), { trainer, names: [NAME] });
    opened = await open({ rubric: 'ar-msa' });
  });
  afterAll(async () => {
    await opened.reward.release?.();
    await trainers.close();
    await trainer.close();
  });

  it('scores text as it scored the tokens in its run, on the scale that the run measured', async () => {
    const { prompt, answer } = run;
    const [expected] = await scoreSequences(run.trained[0], [run.sequence(answer)]);
    const outcomes = await opened.reward.model.score([
      { prompt, answer },
      { prompt, answer, tokenIds: run.sequence(answer) },
    ]);
    expect(expected.mean).not.toBe(0);
    expect(outcomes).toEqual([
      { kind: 'scored', score: expected },
      { kind: 'scored', score: expected },
    ]);
    expect(opened).toMatchObject({
      form: 'network',
      rubric: { id: 'ar-msa' },
      reward: { model: { hash: NAME } },
    });
    expect([...opened.reward.normalizer]).toEqual([['ar', { mean: 0.5, scale: 2 }]]);
  });

  it('tells what it cannot read as the outcome of that answer, beside others', async () => {
    const { prompt, answer } = run;
    const outcomes = await opened.reward.model.score([
      { prompt, answer: 'س'.repeat(400) },
      { prompt, answer, tokenIds: [99_999] },
      { prompt, answer, tokenIds: [] },
      { prompt, answer },
    ]);
    expect(outcomes).toMatchObject([
      {
        kind: 'policy_malformed',
        reason: expect.stringMatching(/tokens; the reward model reads at most 96$/),
      },
      {
        kind: 'judge_failed',
        reason: expect.stringMatching(/^token 99999; the reward model reads 0 to \d+/),
      },
      { kind: 'judge_failed', reason: expect.stringMatching(/^no tokens;/) },
      { kind: 'scored' },
    ]);
  });

  it('refuses weights that are not those which it was made from, naming both', async () => {
    const other = join(workspace(), 'other');
    const { base } = await writeNetworkRun(other, { trainer, names: [NAME] });
    flipBit(join(base, 'model.safetensors'), 2000);
    const { ready } = await open({ model: join(other, 'runs', 'r', 'rewards', NAME) });
    await expect(ready?.()).rejects.toMatchObject({ code: 'data_loss' });
    await expect(ready?.()).rejects.toThrow(/sft holds other weights .* found \w{64}, wanted \w{64}\. Next:/);
  });

  it('refuses a trainer, which it has no use for', async () => {
    await expect(open({ trainer: { torch: { address: 'gpu:7300' } } })).rejects.toThrow(
      /rewards\.active\.trainer: found a trainer at gpu:7300 for .*, a network of the embedded trainer; allowed: none/,
    );
  });

  it('refuses another rubric, references, and a folder that is not there', async () => {
    await expect(open({ rubric: 'ar-egyptian' })).rejects.toThrow(
      /found rubric ar-egyptian .* allowed: rubric ar-msa/,
    );
    await expect(open({ references: 'r.jsonl' })).rejects.toThrow(
      'centred and scaled as the run measured it',
    );
    await expect(open({}, 'other')).rejects.toThrow(/no such folder/);
  });
});
