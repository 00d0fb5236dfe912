import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

/** A map of folders to what is in them, which processes share: a value is one file, written whole or not at all. */
export class StoredMap<Value> extends Map<string, Value> {
  override get(folder: string): Value | undefined {
    const path = fileIn(folder);
    return existsSync(path) ? (deserialize(readFileSync(path)) as Value) : undefined;
  }

  override set(folder: string, value: Value): this {
    const path = fileIn(folder);
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, serialize(value));
    renameSync(`${path}.${process.pid}`, path);
    return this;
  }
}

function fileIn(folder: string): string {
  return join(folder, 'value');
}
