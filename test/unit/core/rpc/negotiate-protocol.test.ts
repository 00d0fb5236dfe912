import { MajlisError } from '../../../../core/errors.js';
import { answerHello, negotiateProtocol } from '../../../../core/rpc/negotiate-protocol.js';
import { refusal } from './refusal.js';

function range([minimum, maximum]: readonly [number, number]): { minimum: number; maximum: number } {
  return { minimum, maximum };
}

describe('negotiateProtocol', () => {
  it.each<[[number, number], [number, number], number]>([
    [[1, 1], [1, 1], 1],
    [[1, 3], [2, 5], 3],
    [[2, 5], [1, 3], 3],
    [[1, 9], [4, 4], 4],
    [[4, 4], [1, 9], 4],
    [[1, 2], [2, 3], 2],
  ])('between %j and %j is %i', (ours, theirs, expected) => {
    expect(negotiateProtocol(range(ours), range(theirs))).toBe(expected);
  });

  it.each<[[number, number], [number, number], string]>([
    [[3, 4], [1, 2], 'upgrade the peer'],
    [[1, 2], [3, 4], 'upgrade this side'],
  ])('refuses %j with %j and says to %s', (ours, theirs, advice) => {
    const error = MajlisError.from(thrownBy(() => negotiateProtocol(range(ours), range(theirs))));
    expect(error.code).toBe('failed_precondition');
    expect(error.message).toContain(advice);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('answerHello', () => {
  it('answers with the version that both speak', () => {
    const hello = { protocol: { minimum: 1, maximum: 7 }, software: 'other 2.0' };
    expect(answerHello(hello, 'majlis 0.1.0')).toEqual({ protocol: 1, software: 'majlis 0.1.0' });
  });

  it.each([
    [undefined, undefined, 'nothing'],
    ['protocol', { protocol: undefined, software: 's' }, 'nothing'],
    ['protocol.minimum', { protocol: { minimum: undefined, maximum: 1 }, software: 's' }, 'nothing'],
    ['protocol.maximum', { protocol: { minimum: 1, maximum: 0 }, software: 's' }, '0'],
    ['protocol', { protocol: { minimum: 2, maximum: 1 }, software: 's' }, 'a message'],
    ['software', { protocol: { minimum: 1, maximum: 1 }, software: '' }, 'an empty text'],
  ])('refuses a hello that is wrong at %s', (place, hello, found) => {
    const { input } = refusal(() => answerHello(hello, 'majlis'));
    expect(input).toMatchObject({ source: 'message majlis.v1.Hello', found });
    expect(input.place).toBe(place);
  });
});
