import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { runConfigSchema } from '../../../../core/config/run-config.js';
import { DEFAULT_WATCH, watchedOnly, watchSchema } from '../../../../core/config/watch-options.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';

describe('watchSchema', () => {
  it('has everything on unless a run file says otherwise', () => {
    expect(Object.values(DEFAULT_WATCH)).not.toContain('off');
  });

  it('takes off as YAML writes it, and leaves the rest in force', () => {
    const watch = watchSchema.parse(parse('canaryEvery: off\ncontrolChecks: off'));
    expect(watch).toEqual({ ...DEFAULT_WATCH, canaryEvery: 'off', controlChecks: 'off' });
  });

  it('looks at the same where nothing may pause', () => {
    const { canaryEvery, controlEvery, controlPrompts } = DEFAULT_WATCH;
    expect(watchedOnly(DEFAULT_WATCH)).toMatchObject({ canaryEvery, controlEvery, controlPrompts });
  });

  it.each([
    [{ styleCorrelation: 1.1 }, 'styleCorrelation'],
    [{ styleShift: 0 }, 'styleShift'],
    [{ styleShift: 'off' }, 'styleShift'],
    [{ canaryEvery: 0 }, 'canaryEvery'],
    [{ canaryLimit: -0.1 }, 'canaryLimit'],
    [{ controlEvery: 1.5 }, 'controlEvery'],
    [{ controlPrompts: 1 }, 'controlPrompts'],
    [{ controlChecks: null }, 'controlChecks'],
    [{ canaries: [] }, 'canaries'],
  ])('refuses %j', (watch, place) => {
    const { error } = watchSchema.safeParse(watch);
    expect(JSON.stringify(error?.issues)).toContain(place);
  });
});

it('is not filled in: a run file that does not write it has the configuration, and its hash, that it had', () => {
  const shipped: unknown = parse(readFileSync(join(packageRoot, 'examples', 'arabic', 'run.yaml'), 'utf8'));
  expect(runConfigSchema.parse(shipped)).not.toHaveProperty('watch');
  expect(runConfigSchema.parse({ ...(shipped as object), watch: { canaryEvery: 1 } }).watch).toEqual({
    ...DEFAULT_WATCH,
    canaryEvery: 1,
  });
});
