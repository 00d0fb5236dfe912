import { createTerminal, type Terminal } from '../../../../cli/terminal/terminal.js';

class Screen {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 12,
  ) {}
  write(text: string): void {
    this.text += text;
  }
}

const onScreen = { isCi: false, isPlainTerminal: false };

describe('the terminal', () => {
  let stdout: Screen;
  let stderr: Screen;
  let terminal: Terminal;

  beforeEach(() => {
    stdout = new Screen(true);
    stderr = new Screen(true);
    terminal = createTerminal({ stdout, stderr }, onScreen);
  });

  it('writes results to stdout and all else to stderr', () => {
    terminal.print('{"a":1}');
    terminal.say('working');
    expect(stdout.text).toBe('{"a":1}\n');
    expect(stderr.text).toBe('working\n');
  });

  it('redraws its lines in place, cut to the width of the screen', () => {
    terminal.redraw(['one', 'a line that is too long']);
    expect(stderr.text).toBe('one\na line that\n');
    stderr.text = '';
    terminal.redraw(['two']);
    expect(stderr.text).toBe('\u001b[2A\u001b[Jtwo\n');
  });

  it('leaves lines whole on a screen that does not know its width', () => {
    const screen = new Screen(true, 0);
    createTerminal({ stdout, stderr: screen }, onScreen).redraw(['a line of thirty characters...']);
    expect(screen.text).toBe('a line of thirty characters...\n');
  });

  it('says a message above the lines that are being redrawn', () => {
    terminal.redraw(['50%']);
    stderr.text = '';
    terminal.say('done');
    expect(stderr.text).toBe('\u001b[1A\u001b[Jdone\n50%\n');
  });

  it('shows controls in what it writes instead of passing them on', () => {
    terminal.print('\u001b[2Jclear');
    terminal.say('\u202eturn');
    terminal.redraw(['\rover']);
    expect(stdout.text).toBe('[U+001B][2Jclear\n');
    expect(stderr.text).toBe('[U+202E]turn\n[U+000D]ove\n');
  });

  it.each([
    [{ isCi: true, isPlainTerminal: false }, true],
    [{ isCi: false, isPlainTerminal: true }, true],
    [onScreen, false],
  ])('is not live with %p where stderr is a screen: %p', (environment, isTTY) => {
    expect(createTerminal({ stdout, stderr: new Screen(isTTY) }, environment).isLive).toBe(false);
  });

  it('is live on a screen even where stdout is piped', () => {
    const piped = createTerminal({ stdout: new Screen(false), stderr }, onScreen);
    expect(piped.isLive).toBe(true);
  });
});
