import { tokensFileSchema } from '../../../../core/config/trust-options.js';

const SHA256 = 'a'.repeat(64);

describe('the tokens file', () => {
  it.each([
    [{ tokens: [{ name: 'pool/a', role: 'worker', sha256: SHA256 }] }, ['tokens', 0, 'name']],
    [{ certificates: [{ name: 'pool/a', role: 'worker', subject: 'a' }] }, ['certificates', 0, 'name']],
  ])("takes no worker's name with a slash, behind which workers tell themselves apart", (file, path) => {
    const issues = tokensFileSchema.safeParse(file).error?.issues;
    expect(issues).toMatchObject([{ path, message: "a worker's name without slashes" }]);
    const readers = JSON.parse(JSON.stringify(file).replace('worker', 'reader')) as unknown;
    expect(tokensFileSchema.safeParse(readers).success).toBe(true);
  });
});
