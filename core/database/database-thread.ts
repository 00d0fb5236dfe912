import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { MajlisError } from '../errors.js';
import { compiledModule } from '../runtime/package-root.js';
import type { DatabaseCalls } from './database-calls.js';
import type { DatabaseKind } from './database-kind.js';
import type {
  DatabaseAnswer,
  DatabaseCall,
  DatabaseReply,
  DatabaseRequest,
  DatabaseThreadData,
  NumberedCall,
  ThreadError,
} from './database-messages.js';

export interface DatabaseThreadOptions {
  /** The thread's module, like `core/ledger/sqlite-ledger-worker`. */
  readonly module: string;
  readonly path: string;
  readonly kind: DatabaseKind;
}

interface Caller {
  resolve(value: unknown): void;
  reject(error: MajlisError): void;
}

/** The caller's side of a database's thread: sends calls, settles their promises, and tells all of them when the thread is gone. */
export class DatabaseThread implements DatabaseCalls {
  private readonly callers = new Map<number, Caller>();
  /** Made in this turn of the event loop. A message costs more than a call, so a turn's calls travel as one. */
  private unsent: NumberedCall[] = [];
  private nextId = 0;
  private listener: (notice: string) => void = () => undefined;
  private gone: MajlisError | undefined;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly worker: Worker,
    private readonly noun: string,
  ) {
    worker.on('message', (reply: DatabaseReply) => {
      if (reply.kind !== 'committed') return;
      for (const answer of reply.answers) this.settle(answer);
      for (const notice of reply.notices) this.listener(notice);
    });
    worker.on('error', (thrown) => {
      this.fail(
        new MajlisError(`the ${noun}'s thread died: ${thrown.message}`, { code: 'internal', cause: thrown }),
      );
    });
    worker.on('exit', () => {
      this.fail(new MajlisError(`the ${noun}'s thread ended`, { code: 'internal' }));
    });
  }

  static async start({ module, path, kind }: DatabaseThreadOptions): Promise<DatabaseThread> {
    const workerData: DatabaseThreadData = { path };
    const worker = new Worker(compiledModule(module), { workerData });
    const [reply] = (await once(worker, 'message')) as [DatabaseReply];
    if (reply.kind === 'refused') {
      await worker.terminate();
      throw toError(reply.error);
    }
    return new DatabaseThread(worker, kind.noun);
  }

  async call(call: DatabaseCall): Promise<unknown> {
    if (this.gone !== undefined) throw this.gone;
    const id = this.nextId;
    this.nextId += 1;
    const answer = new Promise<unknown>((resolve, reject) => this.callers.set(id, { resolve, reject }));
    if (this.unsent.length === 0) setImmediate(() => this.sendCalls());
    this.unsent.push({ id, ...call });
    return answer;
  }

  whenNoticed(listener: (notice: string) => void): void {
    this.listener = listener;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    if (this.gone !== undefined) return;
    this.gone = new MajlisError(`the ${this.noun} is closed`, { code: 'failed_precondition' });
    const exited = once(this.worker, 'exit');
    this.sendCalls();
    this.send({ kind: 'close' });
    await exited;
  }

  private sendCalls(): void {
    const calls = this.unsent;
    if (calls.length === 0) return;
    this.unsent = [];
    this.send({ kind: 'calls', calls });
  }

  private send(request: DatabaseRequest): void {
    this.worker.postMessage(request);
  }

  private settle(answer: DatabaseAnswer): void {
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

function toError({ code, reason, message }: ThreadError): MajlisError {
  return new MajlisError(message, { code, ...(reason === undefined ? {} : { reason }) });
}
