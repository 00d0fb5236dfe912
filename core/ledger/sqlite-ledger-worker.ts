/**
 * The ledger's thread: it alone touches the file. It takes every call that has arrived, runs them in one transaction,
 * commits once and answers them all; calls that arrive while it commits wait in the port and share the next commit.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { MajlisError } from '../errors.js';
import { LedgerDatabase } from './ledger-database.js';
import type {
  LedgerCall,
  LedgerReply,
  LedgerRequest,
  LedgerThreadData,
  ThreadError,
} from './ledger-messages.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import { callPerformer } from './perform-calls.js';
import type { Committed } from './perform-calls.js';
import { storageError } from './storage-error.js';

/** Calls of one commit. Their answers are told at once, and would hold up the caller's thread if there were more. */
const GROUP_MOST = 512;

type Call = Extract<LedgerRequest, { kind: 'call' }>;

function serve(port: MessagePort, path: string): void {
  const reply = (message: LedgerReply): void => {
    port.postMessage(message);
  };
  let database: LedgerDatabase;
  try {
    database = LedgerDatabase.open(path);
    migrate(database, MIGRATIONS);
  } catch (thrown) {
    reply({ kind: 'refused', error: toThreadError(storageError(path, thrown)) });
    return;
  }
  const perform = callPerformer(database);
  port.on('message', (first: LedgerRequest) => {
    const requests = group(port, first);
    const calls = requests.filter((request) => request.kind === 'call');
    if (calls.length > 0) reply(answer(calls, perform));
    if (requests.some(({ kind }) => kind === 'close')) {
      database.close();
      port.close();
    }
  });
  reply({ kind: 'opened' });
}

function group(port: MessagePort, first: LedgerRequest): LedgerRequest[] {
  const requests = [first];
  while (requests.length < GROUP_MOST) {
    const received = receiveMessageOnPort(port) as { message: LedgerRequest } | undefined;
    if (received === undefined) break;
    requests.push(received.message);
  }
  return requests;
}

function answer(calls: readonly Call[], perform: (calls: readonly LedgerCall[]) => Committed): LedgerReply {
  const { outcomes, runs } = perform(calls);
  const answers = outcomes.map((outcome, index) => {
    const id = calls[index]?.id ?? -1;
    return 'error' in outcome ? { id, error: toThreadError(outcome.error) } : { id, value: outcome.value };
  });
  return { kind: 'committed', answers, runs };
}

function toThreadError(error: MajlisError): ThreadError {
  return { code: error.code, message: error.message };
}

if (parentPort === null) throw new MajlisError('this module runs in a worker thread', { code: 'internal' });
serve(parentPort, (workerData as LedgerThreadData).path);
