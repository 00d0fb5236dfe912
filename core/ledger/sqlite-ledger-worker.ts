/**
 * The ledger's thread: it alone touches the file. It takes every call that has arrived, runs them in one transaction,
 * commits once and answers them all; calls that arrive while it commits wait in the port and share the next commit.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { MajlisError } from '../errors.js';
import { commitTogether } from './commit-together.js';
import { journalOperations } from './journal-operations.js';
import { LedgerDatabase } from './ledger-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import type {
  LedgerAnswer,
  LedgerReply,
  LedgerRequest,
  LedgerThreadData,
  ThreadError,
} from './ledger-messages.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import { runOperations } from './run-operations.js';
import { storageError } from './storage-error.js';
import { taskOperations } from './task-operations.js';

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
  const operations = {
    ...runOperations(database),
    ...taskOperations(database),
    ...journalOperations(database),
  };
  port.on('message', (first: LedgerRequest) => {
    const requests = [first, ...arrived(port)];
    const calls = requests.filter((request) => request.kind === 'call');
    if (calls.length > 0) reply({ kind: 'committed', answers: answer(database, operations, calls) });
    if (requests.some(({ kind }) => kind === 'close')) {
      database.close();
      port.close();
    }
  });
  reply({ kind: 'opened' });
}

function arrived(port: MessagePort): LedgerRequest[] {
  const requests: LedgerRequest[] = [];
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: LedgerRequest } | undefined;
    if (received === undefined) return requests;
    requests.push(received.message);
  }
}

function answer(
  database: LedgerDatabase,
  operations: LedgerOperations,
  calls: readonly Call[],
): LedgerAnswer[] {
  const outcomes = commitTogether(
    database,
    calls.map((call) => () => perform(operations, call)),
  );
  return outcomes.map((outcome, index) => {
    const id = calls[index]?.id ?? -1;
    return 'error' in outcome ? { id, error: toThreadError(outcome.error) } : { id, value: outcome.value };
  });
}

function perform(operations: LedgerOperations, call: Call): unknown {
  // SqliteLedger's own types tie the values to the operation; that tie does not survive the port.
  const operation = operations[call.operation] as (...values: readonly unknown[]) => unknown;
  return operation(...call.values);
}

function toThreadError(error: MajlisError): ThreadError {
  return { code: error.code, message: error.message };
}

if (parentPort === null) throw new MajlisError('this module runs in a worker thread', { code: 'internal' });
serve(parentPort, (workerData as LedgerThreadData).path);
