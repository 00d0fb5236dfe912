import { createContext, runInContext } from 'node:vm';
import { MajlisError } from '../../../core/errors.js';

describe('MajlisError.from', () => {
  it('keeps what is one already', () => {
    const error = new MajlisError('gone', { code: 'not_found' });
    expect(MajlisError.from(error)).toBe(error);
  });

  it('reads an abort as cancelled, even one of another realm', () => {
    expect(MajlisError.from(new DOMException('stop', 'AbortError')).code).toBe('cancelled');
    const foreign: unknown = runInContext(
      "Object.assign(new Error('stop'), { name: 'AbortError' })",
      createContext({}),
    );
    expect(MajlisError.from(foreign)).toMatchObject({ code: 'cancelled', message: 'stop', cause: foreign });
  });

  it('calls everything else internal and keeps it as the cause', () => {
    const thrown = new Error('boom');
    expect(MajlisError.from(thrown)).toMatchObject({ code: 'internal', message: 'boom', cause: thrown });
    expect(MajlisError.from('text').message).toBe('text');
  });
});
