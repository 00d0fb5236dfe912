import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { MajlisError } from '../errors.js';
import { compiledModule } from '../runtime/package-root.js';
import type {
  LedgerAnswer,
  LedgerCall,
  LedgerReply,
  LedgerRequest,
  LedgerThreadData,
  ThreadError,
} from './ledger-messages.js';
import type { LedgerCalls } from './ledger-client.js';

interface Caller {
  resolve(value: unknown): void;
  reject(error: MajlisError): void;
}

/** The caller's side of the ledger's thread: sends calls, settles their promises, and tells all of them when the thread is gone. */
export class LedgerThread implements LedgerCalls {
  private readonly callers = new Map<number, Caller>();
  private nextId = 0;
  private listener: (run: string) => void = () => undefined;
  private gone: MajlisError | undefined;
  private closing: Promise<void> | undefined;

  private constructor(private readonly worker: Worker) {
    worker.on('message', (reply: LedgerReply) => {
      if (reply.kind !== 'committed') return;
      for (const answer of reply.answers) this.settle(answer);
      for (const run of reply.runs) this.listener(run);
    });
    worker.on('error', (thrown) => {
      this.fail(
        new MajlisError(`the ledger's thread died: ${thrown.message}`, { code: 'internal', cause: thrown }),
      );
    });
    worker.on('exit', () => {
      this.fail(new MajlisError("the ledger's thread ended", { code: 'internal' }));
    });
  }

  static async start(path: string): Promise<LedgerThread> {
    const workerData: LedgerThreadData = { path };
    const worker = new Worker(compiledModule('core/ledger/sqlite-ledger-worker'), { workerData });
    const [reply] = (await once(worker, 'message')) as [LedgerReply];
    if (reply.kind === 'refused') {
      await worker.terminate();
      throw toError(reply.error);
    }
    return new LedgerThread(worker);
  }

  async call(call: LedgerCall): Promise<unknown> {
    if (this.gone !== undefined) throw this.gone;
    const id = this.nextId;
    this.nextId += 1;
    const answer = new Promise<unknown>((resolve, reject) => this.callers.set(id, { resolve, reject }));
    this.send({ kind: 'call', id, ...call });
    return answer;
  }

  whenEventsAreAdded(listener: (run: string) => void): void {
    this.listener = listener;
  }

  /** Lets every call made so far finish, then gives up the file. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.gone !== undefined) return;
    this.gone = new MajlisError('the ledger is closed', { code: 'failed_precondition' });
    const exited = once(this.worker, 'exit');
    this.send({ kind: 'close' });
    await exited;
  }

  private send(request: LedgerRequest): void {
    this.worker.postMessage(request);
  }

  private settle(answer: LedgerAnswer): void {
    const caller = this.callers.get(answer.id);
    this.callers.delete(answer.id);
    if ('error' in answer) caller?.reject(toError(answer.error));
    else caller?.resolve(answer.value);
  }

  private fail(error: MajlisError): void {
    this.gone ??= error;
    for (const caller of this.callers.values()) caller.reject(error);
    this.callers.clear();
  }
}

function toError({ code, message }: ThreadError): MajlisError {
  return new MajlisError(message, { code });
}
