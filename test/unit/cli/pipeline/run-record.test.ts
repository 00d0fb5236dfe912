import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRunRecord, writeRunRecord } from '../../../../cli/pipeline/run-record.js';
import type { RunRecord } from '../../../../cli/pipeline/run-record.js';
import { requireSameInputs } from '../../../../cli/pipeline/require-same-inputs.js';
import { readRunInputs } from '../../../../cli/pipeline/run-inputs.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const runFile = join(packageRoot, 'examples', 'arabic', 'run.yaml');

describe('the record of a run', () => {
  const folder = useTemporaryFolder();
  let record: RunRecord;

  beforeAll(async () => {
    const { config } = await readRunInputs(runFile);
    const fingerprints = { config: 'c0', corpus: 'd'.repeat(64), cpu: 'Some CPU' };
    record = { format: 'majlis-run/1', arms: ['rubricA', 'placebo'], runFile, config, fingerprints };
  });

  async function written(id: string, changes: Partial<RunRecord> = {}): Promise<string> {
    const directory = join(folder(), 'runs', id);
    await writeRunRecord(directory, { ...record, ...changes });
    return directory;
  }

  it('is read back as it was written', async () => {
    const asked = { prompts: '/data/p.jsonl', seed: 7, judge: { url: 'http://judge', model: 'm' } };
    const directory = await written('arabic-1', asked);
    expect(await findRunRecord(folder(), 'arabic-1')).toEqual({
      id: 'arabic-1',
      directory,
      record: { ...record, ...asked },
    });
  });

  it('is found by the name of an arm, and by that of a run that ends like one', async () => {
    await written('arabic-1');
    expect((await findRunRecord(folder(), 'arabic-1-placebo')).id).toBe('arabic-1');
    await written('mine-placebo');
    expect((await findRunRecord(folder(), 'mine-placebo')).id).toBe('mine-placebo');
  });

  it('is asked for in vain with the names of those that there are', async () => {
    await expect(findRunRecord(folder(), 'x')).rejects.toThrow(
      `--continue: found "x"; allowed: a run; ${folder()} has none`,
    );
    await written('arabic-1');
    await written('arabic-2');
    await expect(findRunRecord(folder(), 'x')).rejects.toThrow('allowed: one of arabic-1, arabic-2');
  });

  it('is refused where somebody changed it into what no run can be', async () => {
    const path = join(await written('arabic-1'), 'run.json');
    const changed = readFileSync(path, 'utf8').replace('"placebo"', '"best"');
    writeFileSync(path, changed);
    await expect(findRunRecord(folder(), 'arabic-1')).rejects.toThrow(`${path} at arms[1]`);
  });

  it('lets a run go on only with the inputs that it began with, and names all that differ', () => {
    const { config, fingerprints } = record;
    expect(() => requireSameInputs(record, { config, fingerprints })).not.toThrow();
    const other = { ...config, seed: 99, checkpoints: { ...config.checkpoints, keep: 'all' as const } };
    const changed = { config: 'c1', corpus: `e${'d'.repeat(63)}` };
    expect(() => requireSameInputs(record, { config: other, fingerprints: changed })).toThrow(
      [
        `${runFile}: found checkpoints.keep was ${config.checkpoints.keep} and is "all"`,
        `seed was ${config.seed} and is 99`,
        'corpus was dddddddddddd… and is eddddddddddd…',
        'cpu was "Some CPU" and is absent; allowed: what the run began with; put it back, or start a new run',
      ].join('; '),
    );
  });
});
