import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { packageRoot } from '../../../core/runtime/package-root.js';

/** A copy of the wire that a test may spoil. */
function copyOfTheWire(): string {
  const copy = mkdtempSync(join(tmpdir(), 'majlis-wire-'));
  cpSync(join(packageRoot, 'proto'), join(copy, 'proto'), { recursive: true });
  cpSync(join(packageRoot, 'scripts', 'generate.mjs'), join(copy, 'scripts', 'generate.mjs'));
  symlinkSync(join(packageRoot, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function generate(root: string, ...flags: readonly string[]): { status: number | null; complaint: string } {
  const script = join(root, 'scripts', 'generate.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, ...flags], { encoding: 'utf8' });
  return { status, complaint: stderr };
}

/** Every file's content by its path. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'base64')]));
}

describe('generate --check', () => {
  let copy: string;
  const edit = (file: string, from: string, to: string): void => {
    const path = join(copy, 'proto', file);
    const before = readFileSync(path, 'utf8');
    expect(before).toContain(from);
    writeFileSync(path, before.replace(from, to));
  };

  beforeEach(() => {
    copy = copyOfTheWire();
  });
  afterEach(() => rmSync(copy, { recursive: true, force: true }));

  it('passes on the committed tree', () => {
    expect(generate(packageRoot, '--check')).toEqual({ status: 0, complaint: '' });
  });

  it('fails on a generated file that is edited, missing or left over, and its advice mends them all', () => {
    const gen = join(copy, 'proto', 'gen');
    appendFileSync(join(gen, 'majlis', 'v1', 'reward.ts'), '\n');
    rmSync(join(gen, 'descriptors.binpb'));
    writeFileSync(join(gen, 'old.ts'), '');
    expect(generate(copy, '--check')).toEqual({
      status: 1,
      complaint:
        'not what the .proto files generate: proto/gen/descriptors.binpb, proto/gen/majlis/v1/reward.ts, ' +
        'proto/gen/old.ts; run: node scripts/generate.mjs\n',
    });
    expect(generate(copy).status).toBe(0);
    expect(contents(gen)).toEqual(contents(join(packageRoot, 'proto', 'gen')));
  });

  it('fails on a field that changes its type, which peers would misread', () => {
    edit('majlis/v1/messages.proto', 'optional double temperature = 2;', 'optional string temperature = 2;');
    const { status, complaint } = generate(copy, '--check');
    expect(status).toBe(1);
    expect(complaint).toContain('buf breaking failed');
    expect(complaint).toContain('temperature');
  });

  it('fails on a name against the rules and on a crooked line', () => {
    edit('majlis/v1/reward.proto', 'message Answer {', 'message answer {');
    edit('majlis/v1/reward.proto', 'repeated Answer answers', 'repeated   answer answers');
    const { complaint } = generate(copy, '--check');
    expect(complaint).toContain('buf lint failed');
    expect(complaint).toContain('buf format failed');
  });

  it('refuses an option that it does not know', () => {
    expect(generate(copy, '--chekc')).toMatchObject({ status: 2 });
  });
});
