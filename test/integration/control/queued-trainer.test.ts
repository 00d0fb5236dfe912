/** A run that is queued although another process trains it: who takes it has to find the same trainer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { queueRun } from '../../../cli/pipeline/queue-run.js';
import { findRunRecord } from '../../../cli/pipeline/run-record.js';
import { openWorkspace, type Workspace } from '../../../cli/pipeline/workspace.js';
import type { RpcServer } from '../../../core/rpc/server.js';
import { serveTrainer } from '../../support/serve-trainer.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

describe('a run with a trainer of its own', () => {
  const folder = useTemporaryFolder();
  let workspace: Workspace;
  let server: RpcServer | undefined;

  beforeEach(async () => {
    workspace = await openWorkspace(join(folder(), 'workspace'), 1);
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await workspace.close();
  });

  const requestFor = (address: string): { readonly runFile: string; readonly source: string } => {
    const source = writeSmallRunFile(folder(), 'arabic');
    writeFileSync(source, `${readFileSync(source, 'utf8')}trainer: { torch: { address: '${address}' } }\n`);
    return { runFile: readFileSync(source, 'utf8'), source };
  };

  it('is queued with what trains it among its fingerprints', async () => {
    server = await serveTrainer(workspace.trainer);
    const { id, state } = await queueRun(requestFor(server.address), workspace);
    expect(state).toBe('queued');
    const { record } = await findRunRecord(workspace.folder, id);
    const { fingerprint } = await workspace.trainer.capabilities();
    expect(record.fingerprints).toMatchObject({ trainer: fingerprint });
    expect(Object.keys(record.fingerprints)).toContain('cpu');
  });
});
