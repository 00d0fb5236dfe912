import { constants, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../runtime/clock.js';
import { sha256 } from '../runtime/content-hash.js';
import { syncFolder } from '../runtime/durable-file.js';
import { storageError, systemCode } from '../runtime/storage-error.js';
import type { AuditEntry, NewAuditEntry } from './audit-entry.js';

const OWNER_ONLY = 0o600;
const LONGEST_TEXT = 256;
/** Whoever knocks without a key may not fill the disk. */
const MOST_REFUSALS = 50;
const WINDOW_MS = 10_000;

/**
 * An audit log: lines are only ever added, each on disk before its `append` resolves. One that a process which died left
 * half written stays as it is, on a line of its own.
 */
export class AuditLog {
  private writing: Promise<void> = Promise.resolve();
  private refusals = 0;
  private skipped = 0;
  private windowEndsAt: number;

  constructor(
    readonly path: string,
    private readonly clock: Clock,
  ) {
    this.windowEndsAt = clock.monotonic() + WINDOW_MS;
  }

  /** Adds a line. */
  append(entry: NewAuditEntry): Promise<void> {
    const skipped = this.skipped === 0 ? {} : { skipped: this.skipped };
    this.skipped = 0;
    const line: AuditEntry = {
      at: new Date(this.clock.now()).toISOString(),
      ...entry,
      arguments: shortened(entry.arguments ?? {}),
      ...skipped,
    };
    const written = this.writing.then(() => this.write(`${JSON.stringify(line)}\n`));
    // Who waits for a line hears of its failure; the next line is tried all the same.
    this.writing = written.catch(() => undefined);
    return written;
  }

  /** Adds a line for a call that was refused at the door; of more than 50 in 10 s only the number is kept. */
  async appendRefusal(entry: NewAuditEntry): Promise<void> {
    const now = this.clock.monotonic();
    if (now >= this.windowEndsAt) {
      this.windowEndsAt = now + WINDOW_MS;
      this.refusals = 0;
    }
    this.refusals += 1;
    if (this.refusals <= MOST_REFUSALS) await this.append(entry);
    else this.skipped += 1;
  }

  private async write(line: string): Promise<void> {
    try {
      const isNew = await isMissing(this.path);
      const { O_APPEND, O_CREAT, O_RDWR } = constants;
      const file = await open(this.path, O_APPEND | O_CREAT | O_RDWR, OWNER_ONLY);
      try {
        const { size } = await file.stat();
        const last = Buffer.alloc(1);
        if (size > 0) await file.read(last, 0, 1, size - 1);
        const isTorn = size > 0 && last.toString() !== '\n';
        await file.appendFile(isTorn ? `\n${line}` : line);
        await file.datasync();
      } finally {
        await file.close();
      }
      if (isNew) await syncFolder(dirname(this.path));
    } catch (thrown) {
      throw storageError(this.path, thrown);
    }
  }
}

async function isMissing(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return true;
    throw thrown;
  }
}

function shortened(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    kept.map(([key, value]) =>
      typeof value === 'string' && value.length > LONGEST_TEXT
        ? [key, `sha256:${sha256(value)}`]
        : [key, value],
    ),
  );
}
