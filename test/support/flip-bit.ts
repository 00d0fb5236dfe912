import { readFileSync, writeFileSync } from 'node:fs';

/** Flips the lowest bit of one byte of a file. */
export function flipBit(path: string, offset: number): void {
  const bytes = readFileSync(path);
  const found = bytes[offset];
  if (found === undefined) throw new Error(`${path} has no byte ${offset}`);
  bytes[offset] = found ^ 1;
  writeFileSync(path, bytes);
}
