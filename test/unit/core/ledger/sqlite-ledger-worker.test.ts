import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type {
  DatabaseReply,
  DatabaseRequest,
  NumberedCall,
} from '../../../../core/database/database-messages.js';
import { compiledModule } from '../../../../core/runtime/package-root.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe("the ledger's thread", () => {
  const folder = useTemporaryFolder();

  /** All replies of a thread that is sent these requests at once. */
  async function exchange(requests: readonly DatabaseRequest[]): Promise<DatabaseReply[]> {
    const worker = new Worker(compiledModule('core/ledger/sqlite-ledger-worker'), {
      workerData: { path: join(folder(), 'ledger.db') },
    });
    const replies: DatabaseReply[] = [];
    worker.on('message', (reply: DatabaseReply) => replies.push(reply));
    for (const request of requests) worker.postMessage(request);
    await new Promise((resolve) => worker.once('exit', resolve));
    return replies;
  }

  const creations = (count: number): NumberedCall[] =>
    Array.from({ length: count }, (_, id) => ({
      id,
      operation: 'createRun',
      values: [{ id: `r${id}`, name: 'n', seed: 1, config: '{}', configHash: 'c', fingerprints: {} }],
      atMs: 0,
    }));

  const apart = (calls: readonly NumberedCall[]): DatabaseRequest[] =>
    calls.map((call) => ({ kind: 'calls', calls: [call] }));
  const together = (calls: readonly NumberedCall[]): DatabaseRequest[] => [{ kind: 'calls', calls }];

  // A thread takes at most 512 calls into one commit, so that it never answers more at once.
  it.each([
    ['apart', 500, [500], apart],
    ['apart', 1100, [512, 512, 76], apart],
    ['together', 1100, [512, 512, 76], together],
  ])(
    'commits calls that arrive %s, %i of them, in groups of %j, and answers each in order',
    async (_how, count, groups, sent) => {
      const [opened, ...commits] = await exchange([...sent(creations(count)), { kind: 'close' }]);
      expect(opened).toEqual({ kind: 'opened' });
      const answers = commits.map((commit) => (commit.kind === 'committed' ? commit.answers : []));
      expect(answers.map(({ length }) => length)).toEqual(groups);
      expect(answers.flat().map(({ id }) => id)).toEqual(creations(count).map(({ id }) => id));
      expect(answers.flat().every((answer) => 'value' in answer)).toBe(true);
    },
  );
});
