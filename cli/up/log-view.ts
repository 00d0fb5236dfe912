import type { Terminal } from '../terminal/terminal.js';
import type { LineListener } from './service.js';

export interface LogViewOptions {
  readonly terminal: Terminal;
  /** One line of JSON on stdout for each line of a process. */
  readonly json: boolean;
  /** Lines of each process that are kept, for when it fails. */
  readonly kept?: number;
}

const KEPT = 5;
const WIDTH = 8;

/** The lines of several processes in one view, each with its process's name before it. */
export class LogView {
  private readonly last = new Map<string, string[]>();

  constructor(private readonly options: LogViewOptions) {}

  /** Where a process's lines go. */
  of(name: string): LineListener {
    return (line) => this.add(name, line);
  }

  /** The last lines of a process, the newest last. */
  lastOf(name: string): readonly string[] {
    return this.last.get(name) ?? [];
  }

  private add(name: string, line: string): void {
    const { terminal, json, kept = KEPT } = this.options;
    if (line.trim() === '') return;
    this.last.set(name, [...this.lastOf(name), line].slice(-kept));
    if (json) terminal.print(JSON.stringify({ process: name, line }));
    else
      terminal.say(line, { text: `${name.padEnd(WIDTH)} | `, colour: [...this.last.keys()].indexOf(name) });
  }
}
