import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readToken } from '../../../../core/config/read-token.js';

describe('readToken', () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-token-'));
  const path = join(folder, 'a.token');

  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes the token without the space around it', async () => {
    writeFileSync(path, ' a-token+of/signs= \n');
    expect(await readToken(path)).toBe('a-token+of/signs=');
  });

  it.each([
    ['a private key', '-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n', '3 lines'],
    ['a token with other signs', 'sécret', 'signs beyond ASCII'],
  ])('refuses %s, and shows none of it', async (_what, text, found) => {
    writeFileSync(path, text);
    const refusal = readToken(path);
    await expect(refusal).rejects.toThrow(`${path}: found ${found}; allowed: one line of ASCII`);
    await expect(refusal).rejects.not.toThrow(/PRIVATE|cret/);
  });
});
