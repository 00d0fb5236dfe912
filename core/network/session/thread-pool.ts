import { Worker } from 'node:worker_threads';
import { MajlisError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';

/** What a thread answers. Errors cross as message and code, since classes do not survive the crossing. */
export type ThreadReply<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly message: string; readonly code: ErrorCode };

/** The message that asks a thread to end. */
export const END_THREAD = 'end thread';

export interface ThreadPoolOptions {
  /** Compiled JavaScript that calls `serveThread`. */
  readonly module: string;
  readonly threads: number;
  /** Reaches the module as `workerData`. */
  readonly data?: unknown;
}

interface Job<Task, Result> {
  readonly task: Task;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: MajlisError) => void;
}

interface Seat<Task, Result> {
  readonly worker: Worker;
  readonly ended: Promise<unknown>;
  job: Job<Task, Result> | undefined;
}

/**
 * A fixed number of worker threads that take tasks from one queue, each one task at a time, in order of arrival.
 * Threads hold the process open only while they work. A thread that dies fails its task and closes the pool.
 */
export class ThreadPool<Task, Result> {
  private readonly seats: Seat<Task, Result>[];
  private readonly queue: Job<Task, Result>[] = [];
  /** A thread whose end is waited for holds the process, or that would end first. */
  private isClosing = false;
  private failure: MajlisError | undefined;

  constructor(options: ThreadPoolOptions) {
    if (!Number.isInteger(options.threads) || options.threads < 1) {
      throw new MajlisError(`A thread pool needs at least 1 thread, not ${options.threads}.`, {
        code: 'invalid_argument',
      });
    }
    this.seats = Array.from({ length: options.threads }, () => this.seat(options));
  }

  get threads(): number {
    return this.seats.length;
  }

  /** Runs a task on the first thread that is free. */
  run(task: Task): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.queue.push({ task, resolve, reject });
      this.dispatch();
    });
  }

  /**
   * Ends the threads; tasks that have not finished are rejected as `cancelled`. A thread is asked to end and does so
   * between two native calls: terminating one inside ONNX Runtime aborts the whole process.
   */
  async close(): Promise<void> {
    this.isClosing = true;
    this.fail(new MajlisError('The thread pool was closed.', { code: 'cancelled' }));
    for (const { worker } of this.seats) {
      worker.ref();
      worker.postMessage(END_THREAD);
    }
    await Promise.all(this.seats.map(({ ended }) => ended));
  }

  private seat({ module, data }: ThreadPoolOptions): Seat<Task, Result> {
    const worker = new Worker(module, { workerData: data });
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    const seat: Seat<Task, Result> = { worker, ended, job: undefined };
    // Before it is online, a thread does not stay unreferenced.
    worker.on('online', () => {
      if (seat.job === undefined && !this.isClosing) worker.unref();
    });
    worker.on('message', (reply: ThreadReply<Result>) => this.settle(seat, reply));
    worker.on('error', (cause) => {
      this.fail(new MajlisError(`A worker thread died: ${cause.message}`, { code: 'unavailable', cause }));
    });
    worker.on('exit', (code) => {
      this.fail(new MajlisError(`A worker thread ended with code ${code}.`, { code: 'unavailable' }));
    });
    return seat;
  }

  private dispatch(): void {
    for (const seat of this.seats) {
      if (seat.job !== undefined) continue;
      const job = this.queue.shift();
      if (job === undefined) return;
      seat.job = job;
      seat.worker.ref();
      seat.worker.postMessage(job.task);
    }
  }

  private settle(seat: Seat<Task, Result>, reply: ThreadReply<Result>): void {
    const job = seat.job;
    seat.job = undefined;
    seat.worker.unref();
    this.dispatch();
    if (reply.ok) job?.resolve(reply.result);
    else job?.reject(new MajlisError(reply.message, { code: reply.code }));
  }

  private fail(failure: MajlisError): void {
    this.failure ??= failure;
    const jobs = [...this.seats.map((seat) => seat.job), ...this.queue.splice(0)];
    for (const seat of this.seats) {
      seat.job = undefined;
      if (!this.isClosing) seat.worker.unref();
    }
    for (const job of jobs) job?.reject(this.failure);
  }
}
