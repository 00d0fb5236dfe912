import { MajlisError } from '../../core/errors.js';

/** A person cancelled the run while it stood in the middle of an iteration for want of its trainer. */
export class CancelledWhileWaiting extends MajlisError {
  constructor(run: string) {
    super(`run ${run} was cancelled while its trainer was away`, { code: 'cancelled' });
    this.name = 'CancelledWhileWaiting';
  }
}
