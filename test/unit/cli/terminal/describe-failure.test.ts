import { describeFailure } from '../../../../cli/terminal/describe-failure.js';
import { BadInputError, MajlisError, type ErrorCode } from '../../../../core/errors.js';

const failed = (code: ErrorCode, cause?: unknown): MajlisError =>
  new MajlisError('it broke', { code, cause });

describe('describeFailure', () => {
  it.each([
    ['invalid_argument', 2],
    ['cancelled', 130],
    ['not_found', 1],
    ['failed_precondition', 1],
    ['internal', 1],
  ] as const)('ends %s with %d', (code, exitCode) => {
    expect(describeFailure(failed(code), false)).toEqual({ message: 'majlis: it broke', exitCode });
  });

  it('ends an abort with 130 and an unknown error with 1', () => {
    expect(describeFailure(new DOMException('stop', 'AbortError'), false).exitCode).toBe(130);
    expect(describeFailure('a bare string', false)).toEqual({
      message: 'majlis: a bare string',
      exitCode: 1,
    });
  });

  it('keeps a sentence on one line', () => {
    const { message } = describeFailure(new Error('two\n  lines'), false);
    expect(message).toBe('majlis: two lines');
  });

  it('names source, place, found and allowed of bad input', () => {
    const error = new BadInputError({ source: 'a.yaml', place: 'seed', found: '"x"', allowed: 'a number' });
    expect(describeFailure(error, false).message).toBe(
      'majlis: a.yaml at seed: found "x"; allowed: a number',
    );
  });

  it('shows stacks of the error and of what caused it only when asked', () => {
    const error = failed('internal', new Error('the disk is gone'));
    expect(describeFailure(error, false).message).not.toContain('the disk is gone');
    const { message } = describeFailure(error, true);
    expect(message).toMatch(/^majlis: it broke\n/);
    expect(message).toMatch(/Error: the disk is gone\n\s+at /);
  });
});
