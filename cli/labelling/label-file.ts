/**
 * One writer owns a label file. A label is on disk before `append` resolves, and a withdrawn one is gone from disk before
 * `withdraw` does; a crash between leaves the file as it was or with a cut-off last line, which nobody was told of.
 * A file that something else changed meanwhile is not written again.
 */
import { open, readFile, stat, truncate } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { storageError, systemCode } from '../../core/runtime/storage-error.js';
import { MajlisError } from '../../core/errors.js';
import { syncFolder, writeDurably } from '../../core/runtime/durable-file.js';
import type { LabelLine } from './label-line.js';
import { checkLabels, readLabelLines, type ExpectedLabels } from './read-labels.js';

const LINE_FEED = 10;

/** The label file of one labelling, open for as long as the page is served. */
export class LabelFile {
  private constructor(
    readonly path: string,
    private standing: readonly LabelLine[],
    private state: string,
  ) {}

  /** Opens or creates a label file. Cuts off a last line that a crash left unfinished; refuses what `checkLabels` refuses. */
  static async open(path: string, expected: Omit<ExpectedLabels, 'source'>): Promise<LabelFile> {
    try {
      await createFile(path);
      await cutUnfinishedLine(path);
      const numbered = (await stat(path)).size === 0 ? [] : await readLabelLines(path);
      return new LabelFile(path, checkLabels(numbered, { ...expected, source: path }), await stateOf(path));
    } catch (thrown) {
      throw storageError(path, thrown);
    }
  }

  /** The labels that stand, oldest first. */
  get labels(): readonly LabelLine[] {
    return this.standing;
  }

  /** Adds a label; it is on disk when this resolves. */
  async append(label: LabelLine): Promise<void> {
    await this.change(async () => {
      await appendDurably(this.path, toText([label]));
      this.standing = [...this.standing, label];
    });
  }

  /** Takes a label back: the file is written again without it, whole or not at all. */
  async withdraw(label: LabelLine): Promise<void> {
    await this.change(async () => {
      const rest = this.standing.filter((other) => other !== label);
      await writeDurably(this.path, Buffer.from(toText(rest)));
      this.standing = rest;
    });
  }

  private async change(work: () => Promise<void>): Promise<void> {
    try {
      await this.requireUntouched();
      await work();
      this.state = await stateOf(this.path);
    } catch (thrown) {
      throw storageError(this.path, thrown);
    }
  }

  private async requireUntouched(): Promise<void> {
    if ((await stateOf(this.path)) === this.state) return;
    throw new MajlisError(
      `${this.path} was changed by something else while labels were given; start majlis label again.`,
      { code: 'failed_precondition' },
    );
  }
}

function toText(labels: readonly LabelLine[]): string {
  return labels.map((label) => `${JSON.stringify(label)}\n`).join('');
}

async function createFile(path: string): Promise<void> {
  await (await open(path, 'a')).close();
  await syncFolder(dirname(resolve(path)));
}

/** Tells whether a file is the one last written: which file stands under the name, and how long it is. */
async function stateOf(path: string): Promise<string> {
  const { ino, size } = await stat(path).catch((thrown: unknown) => {
    if (systemCode(thrown) === 'ENOENT') return { ino: 0, size: 0 };
    throw thrown;
  });
  return `${ino}:${size}`;
}

/** Appends text and syncs it; what a failed write left behind is cut off again. */
async function appendDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    const { size } = await file.stat();
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (thrown) {
      await file.truncate(size);
      throw thrown;
    }
  } finally {
    await file.close();
  }
}

/** A last line without its line feed was never acknowledged; it stays only where it is whole JSON, as a person may have left it. */
async function cutUnfinishedLine(path: string): Promise<void> {
  const bytes = await readFile(path);
  if (bytes.length === 0 || bytes.at(-1) === LINE_FEED) return;
  const start = bytes.lastIndexOf(LINE_FEED) + 1;
  if (isJson(bytes.subarray(start).toString('utf8'))) await appendDurably(path, '\n');
  else await truncate(path, start);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
}
