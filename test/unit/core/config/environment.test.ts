import { readEnvironment } from '../../../../core/config/environment.js';

describe('readEnvironment', () => {
  it('takes nothing from an empty environment', () => {
    expect(readEnvironment({})).toEqual({ isCi: false, isPlainTerminal: false });
  });

  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    ['', false],
  ])('reads CI=%s as %s', (CI, expected) => {
    expect(readEnvironment({ CI }).isCi).toBe(expected);
  });

  it('asks for plain text under TERM=dumb and under NO_COLOR', () => {
    expect(readEnvironment({ TERM: 'dumb' }).isPlainTerminal).toBe(true);
    expect(readEnvironment({ NO_COLOR: '1' }).isPlainTerminal).toBe(true);
    expect(readEnvironment({ TERM: 'xterm' }).isPlainTerminal).toBe(false);
  });

  it('reads the workspace and the key, and takes an empty variable for none', () => {
    expect(readEnvironment({ MAJLIS_WORKSPACE: '/w', OPENAI_API_KEY: 'k' })).toMatchObject({
      workspace: '/w',
      openAiApiKey: 'k',
    });
    expect(readEnvironment({ MAJLIS_WORKSPACE: '', OPENAI_API_KEY: '' })).not.toHaveProperty('workspace');
  });
});
