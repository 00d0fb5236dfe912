import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LedgerReply, LedgerRequest } from '../../../../core/ledger/ledger-messages.js';
import { compiledModule } from '../../../../core/runtime/package-root.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe("the ledger's thread", () => {
  const folder = useTemporaryFolder();

  /** All replies of a thread that is sent these requests at once. */
  async function exchange(requests: readonly LedgerRequest[]): Promise<LedgerReply[]> {
    const worker = new Worker(compiledModule('core/ledger/sqlite-ledger-worker'), {
      workerData: { path: join(folder(), 'ledger.db') },
    });
    const replies: LedgerReply[] = [];
    worker.on('message', (reply: LedgerReply) => replies.push(reply));
    for (const request of requests) worker.postMessage(request);
    await new Promise((resolve) => worker.once('exit', resolve));
    return replies;
  }

  it('commits calls that wait together once, and answers each in order', async () => {
    const count = 500;
    const calls: LedgerRequest[] = Array.from({ length: count }, (_, id) => ({
      kind: 'call',
      id,
      operation: 'createRun',
      values: [{ id: `r${id}`, name: 'n', seed: 1, config: '{}', configHash: 'c', fingerprints: {} }],
      atMs: 0,
    }));
    const [opened, ...commits] = await exchange([...calls, { kind: 'close' }]);
    expect(opened).toEqual({ kind: 'opened' });
    expect(commits).toHaveLength(1);
    const answers = commits.flatMap((commit) => (commit.kind === 'committed' ? commit.answers : []));
    expect(answers.map(({ id }) => id)).toEqual(calls.map((_, id) => id));
    expect(answers.every((answer) => 'value' in answer)).toBe(true);
  });
});
