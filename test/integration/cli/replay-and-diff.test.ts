/** One cut-short experiment of three arms, then what the two commands say of its runs. */
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os, { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { replayRun } from '../../../cli/commands/replay/replay-run.js';
import { diffRuns } from '../../../cli/commands/runs/diff-runs.js';
import type { CommandResult, Session } from '../../../cli/commands/session.js';
import { quickstart } from '../../../cli/pipeline/quickstart.js';
import { releasePayloads } from '../../../core/ledger/retention/release-payloads.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'majlis-replay-cli-'));
const ranIn = join(folder, 'ran-here');
/** The workspace is moved after the run, so paths that the run noted are wrong. */
const workspace = join(folder, 'moved');
const session: Session = {
  terminal: { isLive: false, print: () => undefined, say: () => undefined, redraw: () => undefined },
  environment: { isCi: true, isPlainTerminal: true },
  clock: systemClock,
  signal: new AbortController().signal,
};
let id = '';

const diff = (before: string, after: string, exitCode = false): Promise<CommandResult> =>
  diffRuns({ workspace, clock: systemClock, before: `${id}-${before}`, after: `${id}-${after}`, exitCode });
const replay = (run: string, iteration: number, tolerance = 1e-4): Promise<CommandResult> =>
  replayRun({ workspace, run, iteration, tolerance }, session);

beforeAll(async () => {
  const end = await quickstart({
    runFile: writeSmallRunFile(folder, 'arabic'),
    workspace: ranIn,
    workers: 1,
    onProgress: () => undefined,
    signal: session.signal,
  });
  id = end.runId;
  renameSync(ranIn, workspace);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('majlis runs diff', () => {
  it('finds no difference between a run and itself', async () => {
    const { json, text, exitCode } = await diff('rubricA', 'rubricA', true);
    expect(json).toMatchObject({ isSame: true, config: [], divergence: { compared: 4 } });
    expect(text).toMatch(/No difference\.$/);
    expect(exitCode).toBe(0);
  });

  it('tells a swapped rubric from what it brought about, and where the runs part', async () => {
    const { json, text, exitCode } = await diff('rubricA', 'swapped', true);
    expect(json).toMatchObject({
      isSame: false,
      config: [{ place: 'arm', before: '"rubricA"', after: '"swapped"' }],
      fingerprints: [],
      controls: [
        { place: 'control event 1', after: expect.stringMatching(/swap to rubric .* from iteration 2 on/) },
      ],
      made: [{ place: expect.stringMatching(/^reward model of rubric /), after: expect.any(String) }],
      progress: [],
      divergence: {
        update: {
          iteration: 2,
          fields: expect.arrayContaining(['rubricHash', 'rewardModelHash', 'sequences']),
        },
        policy: { iteration: 3 },
      },
    });
    const { fields } = (json as { divergence: { update: { fields: string[] } } }).divergence.update;
    // What was sampled before the swap took effect is the same.
    expect(fields).not.toContain('tokenIds');
    expect(text).toContain('Updates first differ at iteration 2, in rubricHash');
    expect(text).not.toContain('judge endpoint');
    expect(exitCode).toBe(1);
  });

  it('tells shuffled labels by the arm and by the reward model that they made', async () => {
    const { json, exitCode } = await diff('rubricA', 'placebo');
    expect(json).toMatchObject({
      config: [{ place: 'arm' }],
      controls: [],
      made: [{ place: expect.stringMatching(/^reward model of rubric /) }],
      divergence: { update: { iteration: 0 } },
    });
    expect(exitCode).toBe(0);
  });

  it('names the runs there are where it is asked for another', async () => {
    await expect(diff('rubricA', 'rubricZ')).rejects.toThrow(`${id}-placebo`);
  });
});

describe('majlis replay', () => {
  it.each([
    ['rubricA', 3],
    ['swapped', 2],
    ['placebo', 0],
  ])('gives every bit of %s again at iteration %i', async (arm, iteration) => {
    const { json, text, exitCode } = await replay(`${id}-${arm}`, iteration);
    expect(json).toMatchObject({ verdict: 'identical', isSameFingerprint: true, changed: [], iteration });
    expect(text).toMatch(/Every bit is the same\.$/);
    expect(text).toContain("from the run's first policy");
    expect(exitCode).toBe(0);
  });

  it('compares numbers where the CPU is not the one that recorded them', async () => {
    const elsewhere = mkdtempSync(join(folder, 'elsewhere-'));
    await copyRun(elsewhere, `${id}-rubricA`, { cpu: 'Another CPU' });
    const request = { workspace: elsewhere, run: `${id}-rubricA`, iteration: 1, tolerance: 1e-4 };
    const { json, text, exitCode } = await replayRun(request, session);
    expect(json).toMatchObject({
      isSameFingerprint: false,
      changed: [{ place: 'cpu', before: '"Another CPU"', after: JSON.stringify(cpus()[0].model.trim()) }],
      verdict: 'identical',
    });
    expect(text).toContain('elsewhere: cpu was "Another CPU"');
    expect(exitCode).toBe(0);
  });

  it('refuses an iteration that the run did not finish, and leaves nothing behind', async () => {
    // Other tests replay at the same time, and would leave theirs in the system's own folder meanwhile.
    const temporary = mkdtempSync(join(folder, 'temporary-'));
    const elsewhere = jest.spyOn(os, 'tmpdir').mockReturnValue(temporary);
    try {
      await expect(replay(`${id}-rubricA`, 4)).rejects.toThrow(
        'at iteration: found 4; allowed: an iteration that the run finished: 0 to 3',
      );
      expect(elsewhere).toHaveBeenCalled();
      expect(readdirSync(temporary)).toEqual([]);
    } finally {
      elsewhere.mockRestore();
    }
  });

  it('refuses a run cut too short, and a workspace without a ledger', async () => {
    await expect(replay(id, 0)).rejects.toThrow(`${id}-rubricA`);
    const nowhere = join(folder, 'nowhere');
    await expect(
      replayRun({ workspace: nowhere, run: 'r', iteration: 0, tolerance: 1 }, session),
    ).rejects.toThrow('has no ledger yet');
    expect(existsSync(nowhere)).toBe(false);
  });

  it('says what is left once payloads were collected', async () => {
    const retention = { segments: join(workspace, 'segments'), keepIterations: 1, dryRun: false };
    await releasePayloads(join(workspace, 'ledger.sqlite'), retention);
    await expect(replay(`${id}-rubricA`, 1)).rejects.toThrow(
      /the stored inputs of iteration 1 of run .* are gone; "majlis ledger gc" .*; none of its iterations can be replayed$/,
    );
    const { json } = await diff('rubricA', 'swapped');
    expect(json).toMatchObject({ divergence: { update: { iteration: 2 }, policy: { iteration: 3 } } });
  });
});

/** A ledger with the same run under other fingerprints, beside the same payloads. */
async function copyRun(target: string, run: string, changed: Record<string, string>): Promise<void> {
  cpSync(join(workspace, 'segments'), join(target, 'segments'), { recursive: true });
  cpSync(join(workspace, 'runs'), join(target, 'runs'), { recursive: true });
  const from = await openSqliteLedger(join(workspace, 'ledger.sqlite'), systemClock);
  const to = await openSqliteLedger(join(target, 'ledger.sqlite'), systemClock);
  try {
    const known = await from.getRun(run);
    if (known === undefined) throw new Error(`no run ${run}`);
    const { id: name, seed, config, configHash, fingerprints } = known;
    await to.createRun({
      id: run,
      name,
      seed,
      config,
      configHash,
      fingerprints: { ...fingerprints, ...changed },
    });
    for (const { rubricHash, ...version } of await from.policyVersions(run)) {
      await to.recordPolicyVersion(run, version, rubricHash);
    }
    const versions = await from.policyVersions(run);
    for (const record of await from.iterations(run)) {
      const policy = versions.find(({ version }) => version === record.policyVersion) ?? versions[0];
      await to.completeIteration(run, { record, consumed: [], policy });
    }
  } finally {
    await from.close();
    await to.close();
  }
}
