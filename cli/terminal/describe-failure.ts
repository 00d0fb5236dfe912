import { MajlisError, type ErrorCode } from '../../core/errors.js';

/** How a failed command ends: one sentence for stderr and the exit status. */
export interface Failure {
  readonly message: string;
  readonly exitCode: number;
}

/** 2 says that the input was refused, 130 that the person stopped it (as after SIGINT), 1 anything else. */
const EXIT_CODES: Partial<Readonly<Record<ErrorCode, number>>> = { invalid_argument: 2, cancelled: 130 };

/** One sentence on one line; with `verbose` the stacks of the error and of what caused it follow. */
export function describeFailure(thrown: unknown, verbose: boolean): Failure {
  const error = MajlisError.from(thrown);
  const sentence = `majlis: ${error.message.replace(/\s*\n\s*/g, ' ')}`;
  const message = verbose ? [sentence, ...stacksOf(error)].join('\n') : sentence;
  return { message, exitCode: EXIT_CODES[error.code] ?? 1 };
}

function stacksOf(error: Error): string[] {
  const stacks: string[] = [];
  for (let next: unknown = error; next instanceof Error; next = next.cause) {
    stacks.push(next.stack ?? next.message);
  }
  return stacks;
}
