import { escapeControls, visibleControls } from '../../../../cli/terminal/visible-controls.js';

describe('visibleControls', () => {
  it.each([
    ['\u001b[2J', '[U+001B][2J'],
    ['a\rb', 'a[U+000D]b'],
    ['\u0000\u007f\u009b', '[U+0000][U+007F][U+009B]'],
    ['\u202egpj.exe\u202c', '[U+202E]gpj.exe[U+202C]'],
    ['\u2066\u2069\u200e\u200f\u061c', '[U+2066][U+2069][U+200E][U+200F][U+061C]'],
  ])('shows the controls of %j', (text, shown) => {
    expect(visibleControls(text)).toBe(shown);
  });

  it('leaves line feeds, tabs, letters and joiners as they are', () => {
    const text = 'أهلا\tيا محمود\n안녕 می\u200cخواهم 👩\u200d🌾';
    expect(visibleControls(text)).toBe(text);
  });
});

describe('escapeControls', () => {
  it('changes how JSON is written and not what it says', () => {
    const value = { answer: '\u001b[2J \u009b \u202e \u007f\n' };
    const json = escapeControls(JSON.stringify(value));
    expect(json).toBe('{"answer":"\\u001b[2J \\u009b \\u202e \\u007f\\n"}');
    expect(JSON.parse(json)).toEqual(value);
  });
});
