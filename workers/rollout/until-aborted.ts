import { MajlisError } from '../../core/errors.js';

/** The promise's outcome, or `cancelled` as soon as the signal fires: what was asked may not honour it, or only late. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abandon = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abandon = () =>
      reject(new MajlisError('the task was handed back before its answer', { code: 'cancelled' }));
  });
  if (signal.aborted) abandon();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}
