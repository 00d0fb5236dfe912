import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyLedger } from '../../../../core/ledger/snapshot/copy-ledger.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

/** A file of the kernel's that reads otherwise each time it is opened. */
const EVER_NEW = '/proc/sys/kernel/random/uuid';

describe('the copy of a ledger file and its log', () => {
  const folder = useTemporaryFolder();
  const source = (): string => join(folder(), 'source');
  const target = (): string => join(folder(), 'target');
  const log = (header: number, content: string): Buffer =>
    Buffer.concat([Buffer.alloc(32, header), Buffer.from(content)]);

  it('is made again until the log was not begun anew meanwhile', async () => {
    writeFileSync(source(), Buffer.alloc(4_000_000, 1));
    writeFileSync(`${source()}-wal`, log(0, 'old'));
    let header = 0;
    const writer = setInterval(() => {
      header += 1;
      writeFileSync(`${source()}-wal`, log(header, `new ${header}`));
      if (header === 5) clearInterval(writer);
    }, 0);
    await copyLedger(source(), target()).finally(() => clearInterval(writer));
    const whole = log(header, `new ${header}`);
    expect(readFileSync(`${target()}-wal`).equals(whole)).toBe(true);
  });

  it('is given up, with the next step, where the log is begun anew all the time', async () => {
    writeFileSync(source(), 'file');
    symlinkSync(EVER_NEW, `${source()}-wal`);
    await expect(copyLedger(source(), target())).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringContaining('try again'),
    });
  });

  it('has no log where the source has none, even over an earlier copy', async () => {
    writeFileSync(source(), 'file');
    writeFileSync(`${target()}-wal`, 'of an earlier copy');
    await copyLedger(source(), target());
    expect(readFileSync(target(), 'utf8')).toBe('file');
    expect(() => readFileSync(`${target()}-wal`)).toThrow(/ENOENT/);
  });
});
