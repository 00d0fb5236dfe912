/**
 * A database's thread: it alone touches the file. It takes every call that has arrived, runs them in one transaction,
 * commits once and answers them all; calls that arrive while it commits wait in the port and share the next commit.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { MajlisError } from '../errors.js';
import type { CallPerformer } from './database-calls.js';
import type {
  DatabaseReply,
  DatabaseRequest,
  DatabaseThreadData,
  NumberedCall,
  ThreadError,
} from './database-messages.js';
import type { DatabaseSchema } from './database-schema.js';
import { ExclusiveDatabase } from './exclusive-database.js';
import { migrate } from './migrate.js';
import { databaseError } from './database-error.js';

/** Calls of one commit. Their answers are told at once, and would hold up the caller's thread if there were more. */
const GROUP_MOST = 512;

/** Serves the file that this worker thread was started with, until it is asked to close. */
export function serveDatabase(schema: DatabaseSchema): void {
  if (parentPort === null) throw new MajlisError('this module runs in a worker thread', { code: 'internal' });
  serve(parentPort, (workerData as DatabaseThreadData).path, schema);
}

function serve(port: MessagePort, path: string, { kind, migrations, prepare }: DatabaseSchema): void {
  const reply = (message: DatabaseReply): void => {
    port.postMessage(message);
  };
  let database: ExclusiveDatabase;
  let perform: CallPerformer;
  try {
    database = ExclusiveDatabase.open(path, { kind });
    migrate(database, migrations);
    perform = prepare(database);
  } catch (thrown) {
    reply({ kind: 'refused', error: toThreadError(databaseError({ kind, name: path }, thrown)) });
    return;
  }
  port.on('message', (first: DatabaseRequest) => {
    const requests = group(port, first);
    const calls = requests.flatMap((request) => (request.kind === 'calls' ? request.calls : []));
    for (let from = 0; from < calls.length; from += GROUP_MOST) {
      reply(answer(calls.slice(from, from + GROUP_MOST), perform));
    }
    if (requests.some((request) => request.kind === 'close')) {
      database.close();
      port.close();
    }
  });
  reply({ kind: 'opened' });
}

function group(port: MessagePort, first: DatabaseRequest): DatabaseRequest[] {
  const requests = [first];
  for (let calls = size(first); calls < GROUP_MOST;) {
    const received = receiveMessageOnPort(port) as { message: DatabaseRequest } | undefined;
    if (received === undefined) break;
    requests.push(received.message);
    calls += size(received.message);
  }
  return requests;
}

function size(request: DatabaseRequest): number {
  return request.kind === 'calls' ? request.calls.length : 0;
}

function answer(calls: readonly NumberedCall[], perform: CallPerformer): DatabaseReply {
  const { outcomes, notices } = perform(calls);
  const answers = outcomes.map((outcome, index) => {
    const id = calls[index]?.id ?? -1;
    return 'error' in outcome ? { id, error: toThreadError(outcome.error) } : { id, value: outcome.value };
  });
  return { kind: 'committed', answers, notices };
}

function toThreadError(error: MajlisError): ThreadError {
  return { code: error.code, reason: error.reason, message: error.message };
}
