import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openJsonLinesMetrics } from '../../../../../core/telemetry/metrics/json-lines-metrics.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';

describe('metrics.jsonl', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'metrics.jsonl');
  const text = (): Promise<string> => readFile(path(), 'utf8');

  it('has one flat object per step, with its time in UTC', async () => {
    const sink = await openJsonLinesMetrics(folder());
    await sink.write(3, { 'objective/kl': 0.125, lr: NaN }, 1_795_323_157_250);
    expect(await text()).toBe(
      '{"step":3,"time":"2026-11-22T04:52:37.250Z","objective/kl":0.125,"lr":"NaN"}\n',
    );
  });

  it('loses a torn last line, and nothing else, to the next step', async () => {
    const whole =
      '{"step":0,"time":"1970-01-01T00:00:00.000Z"}\n{"step":1,"time":"1970-01-01T00:00:00.001Z"}\n';
    const third = '{"step":2,"time":"1970-01-01T00:00:00.002Z","lr":0.5}\n';
    for (const torn of [
      '',
      '{"st',
      third.slice(0, -1),
      `${third.slice(0, -1)} and longer than what comes after`,
    ]) {
      await writeFile(path(), whole + torn);
      const sink = await openJsonLinesMetrics(folder());
      for (const step of [0, 1, 2]) await sink.write(step, { lr: 0.5 }, step);
      expect(await text()).toBe(whole + third);
    }
  });

  it('begins again in a file with nothing but a torn line', async () => {
    await writeFile(path(), '{"step":0,"ti');
    await (await openJsonLinesMetrics(folder())).write(0, {}, 0);
    expect(await text()).toBe('{"step":0,"time":"1970-01-01T00:00:00.000Z"}\n');
  });

  it('finds the last step of a file of many megabytes', async () => {
    const line = (step: number): string => `${JSON.stringify({ step, filler: 'x'.repeat(1000) })}\n`;
    await writeFile(path(), Array.from({ length: 3000 }, (_, step) => line(step)).join(''));
    const sink = await openJsonLinesMetrics(folder());
    await sink.write(2999, {}, 0);
    await sink.write(3000, {}, 0);
    const lines = (await text()).trimEnd().split('\n');
    expect(lines).toHaveLength(3001);
    expect(lines[3000]).toContain('"step":3000');
  });

  it('leaves a file alone whose last line is no metrics', async () => {
    await writeFile(path(), 'notes of somebody\n');
    await expect(openJsonLinesMetrics(folder())).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('metrics.jsonl at its last whole line: found "notes of somebody'),
    });
    expect(await text()).toBe('notes of somebody\n');
  });

  it('does not write past what somebody cut off or took away while it was open', async () => {
    const sink = await openJsonLinesMetrics(folder());
    await sink.write(0, {}, 0);
    await truncate(path(), 5);
    await expect(sink.write(1, {}, 0)).rejects.toMatchObject({ code: 'data_loss' });
    expect(await text()).toBe('{"ste');
    await rm(path());
    await expect(sink.write(1, {}, 0)).rejects.toThrow('is not there');
  });

  it('cuts off what another writer left after the end', async () => {
    const sink = await openJsonLinesMetrics(folder());
    await sink.write(0, {}, 0);
    const before = await text();
    await appendFile(path(), '{"half');
    await sink.write(1, {}, 1);
    expect(await text()).toBe(`${before}{"step":1,"time":"1970-01-01T00:00:00.001Z"}\n`);
  });

  it('says what stands in its place', async () => {
    await mkdir(path());
    await expect(openJsonLinesMetrics(folder())).rejects.toThrow(path());
  });
});
