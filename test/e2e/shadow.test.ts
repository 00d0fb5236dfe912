import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { majlis, startMajlis } from '../integration/cli/majlis-process.js';
import { writeSmallRunFile } from '../support/small-run-file.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';

jest.setTimeout(300_000);

const folder = useTemporaryFolder();
const summary = z.object({ arms: z.object({ rubricA: z.object({ policyHash: z.string() }) }) });
const shown = z.object({
  rubricId: z.string(),
  standing: z.string(),
  from: z.number(),
  iterations: z.array(z.number()),
  means: z.record(z.string(), z.number()),
  differences: z.array(z.object({ prompt: z.string(), active: z.number(), shadow: z.number() })),
});

/** A command in a process of its own, over the workspace of that name. */
async function ask(workspace: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await majlis([...args, '--workspace', `${folder()}/${workspace}`]);
  expect({ args, status, stderr: status === 0 ? '' : stderr }).toMatchObject({ status: 0 });
  return stdout;
}

/** The run of a workspace, once there is one. */
async function firstRun(workspace: string): Promise<string> {
  const runs = z.array(z.object({ id: z.string() }));
  for (let tries = 0; tries < 100; tries += 1) {
    const { stdout } = await majlis(['runs', '--json', '--workspace', `${folder()}/${workspace}`]);
    const [run] = stdout === '' ? [] : runs.parse(JSON.parse(stdout));
    if (run !== undefined) return run.id;
  }
  throw new Error(`workspace ${workspace} has no run`);
}

describe('a shadow that a second process asks for while the first one runs', () => {
  it('is scored by a real reward model of its own, and leaves the policy as it is', async () => {
    const runFile = writeSmallRunFile(folder(), 'arabic');
    const run = ['run', runFile, '--workspace', `${folder()}/beside`, '--json'];
    const running = startMajlis(run);
    const id = await firstRun('beside');
    await ask('beside', 'rubric', 'shadow', id, 'ar-egyptian', '--at', '1');
    const { status, stdout } = await running.finished;
    expect(status).toBe(0);
    const told = shown.parse(JSON.parse(await ask('beside', 'rubric', 'shadow', id, '--show', '--json')));
    expect(told).toMatchObject({ rubricId: 'ar-egyptian', standing: 'scored', from: 1 });
    expect(told.iterations).toEqual([1, 2, 3]);
    expect(Object.keys(told.means).sort()).toEqual([
      ...['agreement', 'excluded_share', 'kendall_tau', 'score_shift', 'scores'],
    ]);
    const gaps = told.differences.map(({ active, shadow }) => Math.abs(shadow - active));
    expect(gaps).toHaveLength(10);
    expect(gaps).toEqual([...gaps].sort((a, b) => b - a));
    expect(await ask('beside', 'watch', id)).toMatch(
      /iteration 1 {2}shadow ar-egyptian [0-9a-f]{8} {2}reward /,
    );
    const report = readFileSync(join(folder(), 'beside', 'runs', id, 'report.html'), 'utf8');
    expect(report).toContain('Shadow ar-egyptian');
    const alone = await ask('alone', 'run', runFile, '--json');
    expect(policyOf(stdout)).toBe(policyOf(alone));
  });
});

function policyOf(stdout: string): string {
  return summary.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).arms.rubricA.policyHash;
}
