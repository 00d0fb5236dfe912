import { parentPort } from 'node:worker_threads';
import { MajlisError } from '../../errors.js';
import { END_THREAD, type ThreadReply } from './thread-pool.js';

/** The thread's side of a `ThreadPool`: answers every task, in order, with its result or its error. */
export function serveThread<Task, Result>(handle: (task: Task) => Promise<Result>): void {
  const port = parentPort;
  if (port === null) {
    throw new MajlisError('serveThread was called outside a worker thread.', { code: 'internal' });
  }
  port.on('message', (task: Task | typeof END_THREAD) => {
    // Ends this thread alone, at once; no native call is under way while a message is handled.
    if (task === END_THREAD) process.exit();
    handle(task).then(
      (result) => port.postMessage({ ok: true, result } satisfies ThreadReply<Result>),
      (thrown: unknown) => {
        const { message, code } = MajlisError.from(thrown);
        port.postMessage({ ok: false, message, code } satisfies ThreadReply<Result>);
      },
    );
  });
}
