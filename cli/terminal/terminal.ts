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
  /** Writes a message to stderr, with a line feed, above the lines that are being redrawn; after a label, where it has one. */
  say(text: string, label?: Label): void;
  /** Replaces the lines that are being redrawn; only on a live terminal. */
  redraw(lines: readonly string[]): void;
}

/** Whose message it is; in a colour of its own on a live terminal. */
export interface Label {
  readonly text: string;
  /** From 0; the terminal has six. */
  readonly colour: number;
}

/** What is used of a stream such as `process.stdout`. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const DEFAULT_COLUMNS = 80;
/** ANSI's red to cyan. */
const FIRST_COLOUR = 31;
const COLOURS = 6;

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
  const isLive = stderr.isTTY === true && !environment.isCi && !environment.isPlainTerminal;
  const labelled = ({ text, colour }: Label): string => {
    const shown = visibleControls(text);
    return isLive ? `\u001b[${FIRST_COLOUR + (colour % COLOURS)}m${shown}\u001b[0m` : shown;
  };
  return {
    isLive,
    print: (text) => {
      stdout.write(`${visibleControls(text)}\n`);
    },
    say: (text, label) => {
      erase();
      stderr.write(`${label === undefined ? '' : labelled(label)}${visibleControls(text)}\n`);
      draw(drawn);
    },
    redraw: (lines) => {
      erase();
      draw(lines);
    },
  };
}
