import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { swapRubric } from '../../../cli/commands/rubric/swap-rubric.js';
import { storeRubric } from '../../../cli/control/stored-rubrics.js';
import { readRunInputs } from '../../../cli/pipeline/run-inputs.js';
import { writeRunRecord } from '../../../cli/pipeline/run-record.js';
import type { JudgesChoice } from '../../../core/config/judges-options.js';
import type { Preference } from '../../../core/domain/preference.js';
import { openSqliteJudgements } from '../../../core/judgements/sqlite-judgements.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { systemClock as clock } from '../../../core/runtime/clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const PAIRS = 5;

describe('what a swap costs', () => {
  const folder = useTemporaryFolder();

  /** A rubric of ten judged criteria, one of which is worded like this. */
  function rubricFile(name: string, wording: string): string {
    const criteria = Array.from({ length: 10 }, (_, number) => ({
      ...{ key: `c${number}`, version: 1, dimension: 'norms', kind: 'principle', weight: 1 },
      ...{ evaluator: 'judge', description: number === 4 ? wording : `Criterion ${number}.` },
    }));
    const path = join(folder(), `${name}.yaml`);
    const version = `1.${name.length}.0`;
    writeFileSync(path, JSON.stringify({ id: 'ten', version, title: 'Ten', locale: 'ar', criteria }));
    return path;
  }

  /** A queued run whose pairs were judged under a rubric, by a judge whose three calls cost 0.01 each. */
  async function judgedRun(judges: JudgesChoice, koreanPairs = 0): Promise<void> {
    const before = await findRubric(rubricFile('before', 'As it was.'));
    await storeRubric(folder(), before);
    const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
    const run = { id: 'r1', name: 'first', seed: 7, config: '{"locale":"ar"}', configHash: 'c' };
    await ledger.createRun({ ...run, fingerprints: {} });
    const promptOf = (locale: string): Preference['pair']['prompt'] => ({ id: locale, locale, text: 'سؤال' });
    const preferences = Array.from({ length: PAIRS + koreanPairs }, (_, number): Preference => ({
      pair: {
        ...{ id: `pair-${number}`, prompt: promptOf(number < PAIRS ? 'ar' : 'ko-KR') },
        ...{ first: `${number} أ`, second: `${number} ب` },
      },
      ...{ rubricHash: before.hash, probabilityFirst: 0.7, weight: 1, excludedVerdicts: 0 },
    }));
    await ledger.recordPreferences('r1', preferences);
    await ledger.close();
    const runFile = join(packageRoot, 'examples', 'arabic', 'run.yaml');
    const { locale, rubric, data, ...rest } = (await readRunInputs(runFile)).config;
    if (locale === undefined || rubric === undefined || data === undefined)
      throw new Error('several locales');
    const arabic = { locale, rubric, data };
    const korean = { locale: 'ko', rubric: 'ko-haeyo', data };
    const config = koreanPairs === 0 ? { ...rest, ...arabic } : { ...rest, locales: [arabic, korean] };
    await writeRunRecord(join(folder(), 'runs', 'r1'), {
      ...{ format: 'majlis-run/1', arms: ['rubricA'], runFile: join(folder(), 'run.yaml') },
      ...{ config: { ...config, judges }, fingerprints: {} },
    });
    await spent();
  }

  async function spent(): Promise<void> {
    const route = '{ endpoint: main, price: { promptPerMillion: 1, completionPerMillion: 1 } }';
    writeFileSync(
      join(folder(), 'gateway.yaml'),
      `budget: { currency: USD }
endpoints: { main: { url: "http://127.0.0.1:1/v1" } }
judges: [{ id: qwen, model: m, routes: [${route}] }, { id: new, model: n, routes: [${route}] }]
`,
    );
    const store = await openSqliteJudgements(join(folder(), 'judgements.sqlite'), clock);
    for (let call = 0; call < 3; call += 1) {
      const asked = { run: 'r0', judge: 'qwen', rubricHash: 'h', endpoint: 'main' };
      const entry = await store.enterCall({ ...asked, mostTokens: 10, mostMicros: 20_000 });
      if (entry.kind !== 'entered') throw new Error(entry.kind);
      const usage = { promptTokens: 5, completionTokens: 1 };
      await store.endCall({ call: entry.call, ending: 'answered', ...usage, costMicros: 10_000 });
    }
    await store.close();
  }

  async function dryRun(
    judges: JudgesChoice,
    file = rubricFile('after', 'Said anew.'),
    koreanPairs = 0,
  ): Promise<{ readonly text: string; readonly json: unknown }> {
    mkdirSync(folder(), { recursive: true });
    await judgedRun(judges, koreanPairs);
    const terminal = { say: (): void => undefined };
    const place = { workspace: folder(), run: 'r1', clock, terminal };
    return swapRubric(place, { rubric: file, dryRun: true });
  }

  it('is one criterion of ten in both orders for whoever is asked by criterion, and priced by past calls', async () => {
    const { text, json } = await dryRun({ gateway: 'gateway.yaml', asks: 'criteria' });
    expect(json).toMatchObject({
      rubric: 'ten',
      cost: { pairs: 5, plan: { byCriterion: 10, everyCriterion: 100, whole: 10 }, currency: 'USD' },
    });
    expect(text).toContain('1 of 10 judged criteria changed (c4); 5 stored pairs.');
    expect(text).toMatch(/\* qwen +what changed, by criterion +10 +0\.10\n/);
    expect(text).toMatch(/ {2}qwen +every criterion anew +100 +1\.00\n/);
    expect(text).toMatch(/ {2}qwen +the whole rubric +10 +0\.10\n/);
    expect(text).toMatch(/\* new +what changed, by criterion +10 +unknown\n/);
  });

  it('is every pair again for whoever is asked about the whole rubric', async () => {
    const { text } = await dryRun({ gateway: 'gateway.yaml', only: ['qwen'] });
    expect(text).toMatch(/\* qwen +the whole rubric +10 +0\.10\n/);
    expect(text).not.toMatch(/[* ] new /);
  });

  it('is of the pairs in the rubric’s locale alone, where the run has several', async () => {
    const { json } = await dryRun({ gateway: 'gateway.yaml' }, rubricFile('after', 'Said anew.'), 7);
    expect(json).toMatchObject({ cost: { pairs: PAIRS, plan: { whole: 10 } } });
  });

  it('is not told of a rubric whose formula nobody can be asked about by criterion', async () => {
    const path = rubricFile('formula', 'Said anew.');
    const rubric = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...rubric, composite: { formula: 'c1 + c2' } }));
    await expect(dryRun({ gateway: 'gateway.yaml', asks: 'criteria' }, path)).rejects.toThrow(
      'rubric ten at composite: found a formula, while the run asks its judges by criterion; ' +
        'allowed: the weighted mean (leave composite out), or a run file with judges.asks: rubric',
    );
    expect((await dryRun({ gateway: 'gateway.yaml', only: ['qwen'] }, path)).text).toContain('* qwen');
  });

  it('asks nothing of the run in a dry run', async () => {
    await dryRun({ gateway: 'gateway.yaml' });
    const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
    expect(await ledger.controlEvents('r1')).toEqual([]);
    await ledger.close();
  });
});
