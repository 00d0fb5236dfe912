import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { exampleRunFile } from './example-run-file.js';
import { majlis, startMajlis } from './majlis-process.js';

const folder = useTemporaryFolder();

describe('the command line', () => {
  it('names every command in its help, on stdout', async () => {
    const { status, stdout } = await majlis(['--help']);
    expect(status).toBe(0);
    for (const command of ['quickstart', 'run', 'runs', 'rubric', 'export', 'doctor']) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  it('answers an unknown command and a workspace without runs with 2', async () => {
    const unknown = await majlis(['rnu']);
    expect(unknown).toMatchObject({ status: 2, stdout: '' });
    expect(unknown.stderr).toContain("majlis: unknown command 'rnu'");
    const missing = await majlis(['runs', 'show', 'r9', '--workspace', folder()]);
    expect(missing).toMatchObject({ status: 2, stdout: '' });
    expect(missing.stderr).toMatch(/^majlis: workspace .*: found no ledger; allowed: .*\n$/);
  });

  it('shows a stack only with --verbose', async () => {
    const args = ['runs', 'show', 'r9', '--workspace', folder()];
    expect((await majlis(args)).stderr).not.toMatch(/\n\s+at /);
    expect((await majlis([...args, '--verbose'])).stderr).toMatch(
      /^majlis: .*\n.*(MajlisError|BadInputError): .*\n\s+at /,
    );
  });

  it('takes the workspace from the flag, else from MAJLIS_WORKSPACE', async () => {
    const environment = { MAJLIS_WORKSPACE: join(folder(), 'from-environment') };
    expect((await majlis(['runs'], environment)).stdout).toContain('from-environment');
    const flagged = await majlis(['runs', '--workspace', join(folder(), 'from-flag')], environment);
    expect(flagged.stdout).toContain('from-flag');
  });

  it('prints one line of JSON with --json', async () => {
    const { stdout } = await majlis(['rubric', 'show', 'ar-msa', '--json']);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ id: 'ar-msa', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it('lints every file, also those after a bad one', async () => {
    const { status, stdout, stderr } = await majlis(['rubric', 'lint', 'ar-msa', 'absent.yaml', 'ko-haeyo']);
    expect(status).toBe(2);
    expect(stderr).toBe('majlis: absent.yaml: found no such file; allowed: a readable file\n');
    expect(stdout).toMatch(/^ok ar-msa: ar-msa \S+, [0-9a-f]{64}\nok ko-haeyo: /);
  });

  it('says in a dry run what a run would take, and makes nothing', async () => {
    const file = exampleRunFile(join(folder(), 'run.yaml'), {
      preferences: { answersPerPrompt: 4, pairsPerPrompt: 2 },
      algorithm: { iterations: 5, promptsPerIteration: 6, groupSize: 7 },
    });
    const prompts = join(folder(), 'prompts.jsonl');
    writeFileSync(prompts, '{"id":"a","text":"سؤال"}\n{"question_id":2,"text":"سؤال"}\n');
    const workspace = join(folder(), 'untouched');
    const { status, stdout } = await majlis([
      ...['run', file, '--prompts', prompts],
      ...['--dry-run', '--json', '--workspace', workspace],
    ]);
    expect(status).toBe(0);
    const estimate = JSON.parse(stdout) as Record<string, number>;
    // 5 · 6 tasks of 7 answers; 2 prompts of 2 pairs, two rubrics, three judges, two orders.
    expect(estimate).toMatchObject({ tasks: 30, answers: 210, pairs: 4, judgeCalls: 48 });
    expect((await majlis(['runs', '--workspace', workspace])).stdout).toContain('No runs in');
  });

  it('ends with 130 when it is interrupted', async () => {
    let asked = (): void => undefined;
    const question = new Promise<void>((resolve) => (asked = resolve));
    const silent = createServer(() => {
      asked();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const judge = ['--judge', `http://127.0.0.1:${port}/v1`, '--judge-model', 'm'];
    const { child, finished } = startMajlis(['quickstart', ...judge, '--workspace', folder()]);
    await question;
    child.kill('SIGINT');
    const { status, stdout, stderr } = await finished;
    silent.closeAllConnections();
    silent.close();
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toMatch(/stopping; once more stops at once\nmajlis: stopped before the end; .*\n$/);
  });

  it('finds nothing wrong with the machine that runs this test', async () => {
    const { status, stdout } = await majlis(['doctor', '--json', '--workspace', folder()]);
    expect({ status, report: JSON.parse(stdout) as unknown }).toMatchObject({
      status: 0,
      report: { ok: true },
    });
  });
});
