import type { Command } from 'commander';
import type { Environment } from '../../core/config/environment.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Terminal } from '../terminal/terminal.js';
import { escapeControls } from '../terminal/visible-controls.js';

/** What a process gives each of its commands. */
export interface Session {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Fires when the person asks to stop. */
  readonly signal: AbortSignal;
  /** For work that ends in steps of its own: each further wish to stop calls the handler instead of firing the signal. */
  takeOverStops?(handler: () => void): void;
}

/** The options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Folder of ledger and runs. */
  readonly workspace: string;
}

/** What a command found or did. */
export interface CommandResult {
  /** For machines: one line of JSON, stdout's last. */
  readonly json: unknown;
  /** For people; nothing is printed where it is empty. */
  readonly text: string;
  /** 0 unless told. */
  readonly exitCode?: number;
}

/** Does a command's work and prints its result, for people or with `--json` for machines. */
export async function perform(
  session: Session,
  command: Command,
  work: (options: GlobalOptions) => Promise<CommandResult>,
): Promise<void> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const { json, text, exitCode } = await work(options);
  if (options.json === true) session.terminal.print(escapeControls(JSON.stringify(json)));
  else if (text !== '') session.terminal.print(text);
  if (exitCode !== undefined) process.exitCode = exitCode;
}
