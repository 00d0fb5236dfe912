import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { NAMED_KINDS } from './fault-kinds.js';

/** Something that a child did, written down before a kill could hide it. */
const diaryEntrySchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('began epoch'), epoch: z.int() }),
  z.strictObject({ what: z.literal('acknowledged'), task: z.string(), payloadHash: z.string() }),
  z.strictObject({ what: z.literal('struck'), kind: z.enum(NAMED_KINDS) }),
]);

export type DiaryEntry = z.infer<typeof diaryEntrySchema>;

/** Writes lines that a SIGKILL of the writer cannot take back: they are the operating system's as soon as written. */
export class ChildDiary {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(entry: DiaryEntry): void {
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }
}

/** What the children of a rehearsal wrote down so far, oldest first. */
export function readDiary(path: string): DiaryEntry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => diaryEntrySchema.parse(JSON.parse(line)));
}
