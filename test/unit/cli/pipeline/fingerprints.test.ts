import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprintsOf } from '../../../../cli/pipeline/fingerprints.js';
import { readRunInputs } from '../../../../cli/pipeline/run-inputs.js';
import type { RunInputs } from '../../../../cli/pipeline/run-inputs.js';
import { loadRunRubrics } from '../../../../cli/pipeline/run-rubrics.js';
import { requireSameInputs } from '../../../../cli/pipeline/require-same-inputs.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';

const runFile = join(packageRoot, 'examples', 'arabic', 'run.yaml');
const ENGINE = 'onnxruntime-node 1.30.0, linux x64, Some CPU, 8 cores';

describe('the fingerprints of a run', () => {
  let inputs: RunInputs;
  const of = async (changed: Partial<RunInputs> = {}, engine = ENGINE) =>
    fingerprintsOf({ ...inputs, ...changed }, await loadRunRubrics(runFile, inputs), {
      engine,
      trainer: 'a trainer',
    });

  beforeAll(async () => {
    inputs = await readRunInputs(runFile);
  });

  it('name version, engine build and CPU type each for itself', async () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await of()).toMatchObject({
      majlis: version,
      engine: 'onnxruntime-node 1.30.0, linux x64',
      cpu: 'Some CPU, 8 cores',
    });
    expect(await of({}, 'memory engine')).not.toHaveProperty('cpu');
  });

  it('name every input by its content', async () => {
    const names = Object.keys(await of()).sort();
    expect(names).toEqual([
      'canaries',
      'config',
      'controlGold',
      'controlPairs',
      'corpus',
      'cpu',
      'engine',
      'goldPairs',
      'heldOutCorpus',
      'heldOutPrompts',
      'locale',
      'majlis',
      'prompts',
      'rubric ar-egyptian',
      'rubric ar-msa',
      'unicode',
    ]);
    const other = await of({ corpus: inputs.corpus.slice(1) });
    const before = await of();
    expect(names.filter((name) => other[name] !== before[name])).toEqual(['corpus']);
  });

  it('refuse to go on with a run on another CPU', async () => {
    const began = { config: inputs.config, fingerprints: await of(), runFile };
    const record = { ...began, format: 'majlis-run/1' as const, arms: ['rubricA' as const] };
    const now = { config: inputs.config, fingerprints: await of({}, ENGINE.replace('Some', 'Other')) };
    expect(() => requireSameInputs(record, now)).toThrow(
      'cpu was "Some CPU, 8 cores" and is "Other CPU, 8 cores"',
    );
    expect(() => requireSameInputs(record, began)).not.toThrow();
  });

  it('refuse to go on with a run whose words were told apart by another ICU', async () => {
    const fingerprints = await of();
    expect(fingerprints.unicode).toBe(`ICU ${process.versions.icu}, Unicode ${process.versions.unicode}`);
    const began = { ...fingerprints, unicode: 'ICU 70.1, Unicode 14.0' };
    const record = { config: inputs.config, fingerprints: began, runFile, arms: ['rubricA' as const] };
    const now = { config: inputs.config, fingerprints };
    expect(() => requireSameInputs({ ...record, format: 'majlis-run/1' }, now)).toThrow(
      `found unicode was "ICU 70.1, Unicode 14.0" and is "${fingerprints.unicode}"; allowed: what the run began with`,
    );
  });
});
