import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenTokensFile } from '../../../../core/trust/tokens-file.js';
import { openTokensFile } from '../../../../core/trust/tokens-file.js';

const GET = '/majlis.v1.CoordinatorService/GetRun';
const TOKEN = 'a token of enough characters';
// sha256 of TOKEN, from sha256sum.
const DIGEST = 'b3b26a528ec672ed8d4dfffacd020002eec39d0436ac1e448ed218cf23235c76';

let folder: string;
let opened: OpenTokensFile | undefined;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'majlis-tokens-'));
});

afterEach(() => {
  opened?.close();
  opened = undefined;
  rmSync(folder, { recursive: true });
});

it('knows tokens by their digest or their file, and certificates by their subject', async () => {
  write('worker.token', 'the token of a worker\n');
  const path = write(
    'tokens.yaml',
    `tokens:
  - { name: amina, role: researcher, sha256: ${DIGEST} }
  - { name: pool-a, role: worker, tokenFile: worker.token }
certificates:
  - { name: scaler, role: reader, subject: keda }
`,
  );
  opened = await openTokensFile(path);
  expect(opened.authorize(`Bearer ${TOKEN}`, GET)).toEqual({ name: 'amina', role: 'researcher' });
  expect(opened.authorize('Bearer the token of a worker', 'artifacts/get')).toEqual({
    name: 'pool-a',
    role: 'worker',
  });
  expect(opened.authorize(undefined, GET, ['keda'])).toEqual({ name: 'scaler', role: 'reader' });
});

it('takes up the file again when it changes, and keeps who was known when it is broken', async () => {
  const path = write('tokens.yaml', 'tokens: [{ name: a, role: reader, tokenFile: a.token }]');
  write('a.token', 'the first token of a, long');
  let told: (what: string) => void = () => undefined;
  const next = (): Promise<string> =>
    new Promise((resolve) => {
      told = resolve;
    });
  opened = await openTokensFile(path, {
    everyMs: 10,
    onTaken: () => told('taken'),
    onRefused: ({ message }) => told(message),
  });
  const refused = next();
  write('tokens.yaml', 'tokens: [{ name: a, role: king, tokenFile: a.token }]');
  expect(await refused).toContain('tokens[0].role: found "king"; allowed: "admin", "researcher"');
  expect(opened.authorize('Bearer the first token of a, long', GET).name).toBe('a');

  const mended = next();
  write('tokens.yaml', 'tokens: [{ name: b, role: reader, tokenFile: a.token }]');
  expect(await mended).toBe('taken');
  expect(opened.authorize('Bearer the first token of a, long', GET).name).toBe('b');

  const replaced = next();
  write('a.token', 'the second token of a, longer');
  expect(await replaced).toBe('taken');
  expect(() => opened?.authorize('Bearer the first token of a, long', GET)).toThrow('none that is known');
  expect(opened.authorize('Bearer the second token of a, longer', GET).name).toBe('b');
});

it.each([
  ['tokens: {}', 'tokens: found {}'],
  ['tokens: []', 'found nobody'],
  ['tokens: [{ name: a, role: reader }]', 'one of sha256 and tokenFile'],
  ['tokens: [{ name: a, role: reader, sha256: abc }]', 'sha256 of the token in 64 hexadecimal digits'],
  ['tokens: [{ name: a b, role: reader, sha256: abc }]', 'without spaces'],
  ['tokens: [{ name: a, role: reader, tokenFile: none.token }]', 'none.token: found no such file'],
  ['tokens: [{ name: a, role: reader, tokenFile: short.token }]', 'a token of 5 characters'],
  [
    `tokens: [{ name: a, role: reader, sha256: ${DIGEST} }, { name: b, role: admin, sha256: ${DIGEST} }]`,
    'the token of a again',
  ],
  ['tokens: [', 'YAML'],
  ['token: []', 'unknown key "token"'],
])('refuses %j', async (text, sentence) => {
  write('short.token', 'short');
  await expect(openTokensFile(write('tokens.yaml', text))).rejects.toThrow(sentence);
});
