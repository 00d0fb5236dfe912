import type { ProgressListener } from '../pipeline/progress.js';
import { showProgress } from '../terminal/show-progress.js';
import type { Session } from './session.js';

/** Shows progress, and ends the work at its next step once the person asked to stop: between steps nothing is half done. */
export function stoppableProgress({
  terminal,
  clock,
  signal,
}: Pick<Session, 'terminal' | 'clock' | 'signal'>): ProgressListener {
  const show = showProgress(terminal, clock);
  return (progress) => {
    signal.throwIfAborted();
    show(progress);
  };
}
