/**
 * The two streams of a command line. Results go to stdout and nothing else does, so that `--json` can be piped;
 * whatever is said meanwhile goes to stderr. Controls in a text are shown, not obeyed: it may be a model's.
 */
import type { Environment } from '../../core/config/environment.js';
import { visibleControls } from './visible-controls.js';

/** Where a command writes. */
export interface Terminal {
  /** True where stderr is a screen on which lines can be redrawn. */
  readonly isLive: boolean;
  /** Writes a result to stdout, with a line feed. */
  print(text: string): void;
  /** Writes a message to stderr, with a line feed, above the lines that are being redrawn. */
  say(text: string): void;
  /** Replaces the lines that are being redrawn; only on a live terminal. */
  redraw(lines: readonly string[]): void;
}

/** What is used of a stream such as `process.stdout`. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const DEFAULT_COLUMNS = 80;

/** A terminal on two streams; a screen is live unless the environment is CI or asks for plain text. */
export function createTerminal(
  streams: { readonly stdout: OutputStream; readonly stderr: OutputStream },
  environment: Pick<Environment, 'isCi' | 'isPlainTerminal'>,
): Terminal {
  const { stdout, stderr } = streams;
  let drawn: readonly string[] = [];
  const draw = (lines: readonly string[]): void => {
    // A screen that does not know its size says 0.
    const columns = (stderr.columns || DEFAULT_COLUMNS) - 1;
    drawn = lines;
    for (const line of lines) stderr.write(`${visibleControls(line).slice(0, columns)}\n`);
  };
  const erase = (): void => {
    if (drawn.length > 0) stderr.write(`\u001b[${drawn.length}A\u001b[J`);
  };
  return {
    isLive: stderr.isTTY === true && !environment.isCi && !environment.isPlainTerminal,
    print: (text) => {
      stdout.write(`${visibleControls(text)}\n`);
    },
    say: (text) => {
      erase();
      stderr.write(`${visibleControls(text)}\n`);
      draw(drawn);
    },
    redraw: (lines) => {
      erase();
      draw(lines);
    },
  };
}
