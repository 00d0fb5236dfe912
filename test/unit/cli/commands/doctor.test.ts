import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkMachine } from '../../../../cli/commands/doctor/check-machine.js';
import { checkPython } from '../../../../cli/commands/doctor/check-python.js';
import { checkRuntime } from '../../../../cli/commands/doctor/check-runtime.js';
import { checkLedger, checkWorkspace } from '../../../../cli/commands/doctor/check-workspace.js';
import { diagnosis } from '../../../../cli/commands/doctor/examine.js';
import type { GraphRuntime, RuntimeName } from '../../../../core/network/session/inference-session.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const machine = { nodeVersion: '22.1.0', cores: 4, memoryBytes: 8e9 };

describe('doctor', () => {
  const folder = useTemporaryFolder();

  it.each([
    ['20.19.0', 'ok'],
    ['21.0.0', 'ok'],
    ['20.18.3', 'fail'],
    ['18.20.0', 'fail'],
  ])('calls Node %s %s', (nodeVersion, status) => {
    expect(checkMachine({ ...machine, nodeVersion })[0]).toMatchObject({ name: 'Node', status });
  });

  it('warns of one core and of little memory, with what to do', () => {
    const [, cores, memory] = checkMachine({ ...machine, cores: 1, memoryBytes: 1e9 });
    expect(cores).toMatchObject({ status: 'warn', next: expect.stringContaining('twice as long') });
    expect(memory).toMatchObject({ status: 'warn', found: '1.0 GB' });
  });

  it('falls back to WebAssembly with a warning, and fails where neither runtime loads', async () => {
    const runtime = (name: RuntimeName): GraphRuntime => ({
      name,
      version: '1.2.3',
      open: () => Promise.reject(new Error('not asked for')),
    });
    const native = await checkRuntime(async () => runtime('onnxruntime-node'));
    expect(native).toMatchObject({ status: 'ok', found: 'native 1.2.3' });
    const fallen = { ...runtime('onnxruntime-web'), fallbackReason: 'no native binary' };
    expect(await checkRuntime(async () => fallen)).toMatchObject({
      status: 'warn',
      found: 'WebAssembly 1.2.3 only',
      next: expect.stringContaining('no native binary'),
    });
    expect(await checkRuntime(() => Promise.reject(new Error('none of both')))).toMatchObject({
      status: 'fail',
      found: 'none of both',
    });
  });

  it('finds that a workspace can be made, and makes none', async () => {
    const workspace = join(folder(), 'a', 'b');
    expect(await checkWorkspace(workspace)).toMatchObject({
      status: 'ok',
      found: `${workspace} can be made`,
    });
    expect(checkLedger(workspace)).toMatchObject({ status: 'ok' });
    expect(await checkWorkspace(folder())).toMatchObject({ found: `${folder()} is writable` });
  });

  it('fails where a file stands in place of the workspace', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, 'x');
    expect(await checkWorkspace(file)).toMatchObject({ status: 'fail' });
  });

  it('fails on a ledger that is none', () => {
    writeFileSync(join(folder(), 'ledger.sqlite'), 'no database at all, but long enough to be read as one');
    expect(checkLedger(folder())).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('is not a ledger'),
    });
  });

  it('takes a missing Python environment for no failure', () => {
    expect(checkPython(folder())).toMatchObject({ status: 'warn' });
  });

  it('ends with 1 only where a check failed', () => {
    const ok = { name: 'a', status: 'ok', found: 'x' } as const;
    const warn = { name: 'b', status: 'warn', found: 'y', next: 'do z' } as const;
    expect(diagnosis([ok, warn])).toEqual({
      json: { ok: true, checks: [ok, warn] },
      text: 'ok    a: x\nwarn  b: y; do z',
      exitCode: 0,
    });
    expect(diagnosis([{ ...warn, status: 'fail' }])).toMatchObject({ exitCode: 1 });
  });
});
