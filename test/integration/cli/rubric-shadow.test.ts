import { join } from 'node:path';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { shadowRubric, type ShadowRequest } from '../../../cli/commands/rubric/shadow/shadow-rubric.js';
import type { CommandResult } from '../../../cli/commands/session.js';
import { readStoredRubric } from '../../../cli/control/stored-rubrics.js';
import type { Ledger } from '../../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { iterationEnd } from '../../contract/ledger/ledger-harness.js';
import { FakeClock } from '../../support/fake-clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const folder = useTemporaryFolder();
const clock = new FakeClock();
const run = {
  id: 'r1',
  name: 'first',
  seed: 7,
  config: '{"locale":"ar"}',
  configHash: 'c',
  fingerprints: {},
};
const CANDIDATE = 'ar-egyptian';

async function inLedger<Value>(work: (ledger: Ledger) => Promise<Value>): Promise<Value> {
  const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), clock);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

const terminal = { say: (): void => undefined };
const shadow = (request: ShadowRequest): Promise<CommandResult> =>
  shadowRubric({ workspace: folder(), run: 'r', clock, terminal }, request);

/** Iterations of which the candidate was scored. */
async function scoredIn(ledger: Ledger, rubricHash: string, ...iterations: number[]): Promise<void> {
  for (const iteration of iterations) {
    const difference = { taskId: 't', index: 0, promptId: 'p', prompt: 'ماذا\nتأكل؟', active: 1 };
    const candidate = { rubricId: CANDIDATE, rubricHash, rewardModelHash: 'm' };
    const metrics = { 'shadow/agreement': iteration / 4, 'shadow/scores': -iteration };
    const differences = [{ ...difference, answer: `answer ${iteration}`, shadow: -iteration }];
    await ledger.completeIteration('r1', {
      ...iterationEnd(iteration),
      shadow: { ...candidate, metrics, differences },
    });
  }
}

beforeEach(() => inLedger((ledger) => ledger.createRun(run)));

describe('majlis rubric shadow', () => {
  it('waits in the ledger of a run that nobody is at work on, with the rubric kept beside it', async () => {
    const { json, text } = await shadow({ rubric: CANDIDATE, at: 3 });
    const { hash } = await findRubric(CANDIDATE);
    expect(text).toMatch(
      /^ar-egyptian 1\.0\.0 for r1: score rubric .* beside the one in force, .*--continue r1"/,
    );
    expect(json).toMatchObject({ run: 'r1', rubric: CANDIDATE, rubricHash: hash, atWork: false });
    expect(await inLedger((ledger) => ledger.controlEvents('r1'))).toEqual([
      { sequence: 1, event: { kind: 'shadow_rubric', rubricHash: hash, iteration: 3 } },
    ]);
    expect((await readStoredRubric(folder(), hash)).id).toBe(CANDIDATE);
    expect((await shadow({ show: true })).text.split('\n')).toEqual([
      `ar-egyptian (${hash.slice(0, 12)}) beside the rubric in force of r1; nothing is learned from it`,
      'asked for, from iteration 3 on; no iteration has been scored yet',
    ]);
  });

  it('shows what was told so far, with the clearest differences first', async () => {
    await shadow({ rubric: CANDIDATE });
    const { hash } = await findRubric(CANDIDATE);
    await inLedger(async (ledger) => {
      await ledger.setRunState('r1', 'running');
      await ledger.stampControl('r1', [1], 1);
      await scoredIn(ledger, hash, 1, 2);
    });
    const { json, text } = await shadow({ show: true });
    expect(json).toMatchObject({
      ...{ run: 'r1', rubricId: CANDIDATE, rubricHash: hash, standing: 'scored', from: 1 },
      ...{
        iterations: [1, 2],
        means: { agreement: 0.375, scores: -1.5 },
        last: { agreement: 0.5, scores: -2 },
      },
    });
    expect(text.split('\n').slice(1)).toEqual([
      'scored since iteration 1; 2 iterations scored, 1 to 2',
      '',
      'figure     mean   last',
      'agreement  0.375  0.5',
      'scores     -1.5   -2',
      '',
      'Clearest differences:',
      '1. ماذا تأكل؟',
      '   pays 3.000 less (1.000 → -2.000): answer 2',
      '2. ماذا تأكل؟',
      '   pays 2.000 less (1.000 → -1.000): answer 1',
    ]);
  });

  it('tells why it has ended', async () => {
    await shadow({ rubric: CANDIDATE });
    expect((await shadow({ stop: true })).json).toMatchObject({ event: { kind: 'stop_shadow' } });
    expect((await shadow({ show: true })).text).toContain('ended: it was stopped; no iteration');
    await shadow({ rubric: CANDIDATE });
    const { hash } = await findRubric(CANDIDATE);
    const reason = 'it could not be readied: its judge is away';
    await inLedger((ledger) =>
      ledger.requestControl('r1', { kind: 'stop_shadow', rubricHash: hash, reason }),
    );
    expect((await shadow({ show: true })).text).toContain(`ended: ${reason}`);
    await shadow({ rubric: CANDIDATE });
    await inLedger(async (ledger) => {
      await ledger.setRunState('r1', 'running');
      await ledger.stampControl('r1', [5], 0);
      await ledger.completeIteration('r1', iterationEnd(0, { rubricHash: hash }));
    });
    expect((await shadow({ show: true })).text).toContain('ended: it came into force');
  });

  it.each([
    [{ show: true }, 'run r1 never had a shadow; "majlis rubric shadow r1 RUBRIC" asks for one'],
    [{ stop: true }, 'run r1 has no shadow'],
    [{}, 'found neither RUBRIC nor --stop nor --show'],
    [{ rubric: CANDIDATE, stop: true }, 'found RUBRIC and --stop'],
    [{ show: true, at: 3 }, 'found --show and --at'],
    [{ rubric: 'no-such' }, 'one of ar-egyptian, ar-msa'],
  ])('refuses %j', async (request, sentence) => {
    await expect(shadow(request)).rejects.toThrow(sentence);
    expect(await inLedger((ledger) => ledger.controlEvents('r1'))).toEqual([]);
  });
});
