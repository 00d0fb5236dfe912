import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTorchEnvironment } from '../../../cli/commands/trainer/torch-environment.js';
import type { TorchEnvironmentOptions } from '../../../cli/commands/trainer/torch-environment.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

describeWithPython("the PyTorch trainer's environment", () => {
  const folder = useTemporaryFolder();
  let said: string[];
  const ensure = (options: Partial<TorchEnvironmentOptions>): Promise<string> => {
    said = [];
    return ensureTorchEnvironment({
      maker: interpreter,
      environment: { isCi: false, isPlainTerminal: true, cacheFolder: join(folder(), 'cache') },
      clock: systemClock,
      signal: new AbortController().signal,
      say: (line) => said.push(line),
      ...options,
    });
  };
  const requirementsOf = async (text: string): Promise<string> => {
    const path = join(folder(), 'requirements.txt');
    await writeFile(path, text);
    return path;
  };

  /** A Python that makes environments whose own Python does what it is told here. */
  const makerOf = async (python: string): Promise<string> => {
    const path = join(folder(), 'maker');
    const made = `mkdir -p "$4/bin"; touch "$4/pyvenv.cfg"; printf '#!/bin/sh\\n${python}\\n' > "$4/bin/python"; chmod +x "$4/bin/python"`;
    await writeFile(path, `#!/bin/sh\nif [ "$2" = venv ]; then ${made}; fi\n`, { mode: 0o755 });
    return path;
  };

  it('is a virtual environment in the cache folder, made once for its requirements', async () => {
    const requirements = await requirementsOf('# nothing\n');
    const python = await ensure({ requirements });
    expect(python).toMatch(new RegExp(`^${folder()}/cache/majlis/torch-[0-9a-f]{12}/bin/python$`));
    expect(said[0]).toContain('once; pip fetches gigabytes');
    expect(said.at(-1)).toMatch(/^majlis: made in \d+ s$/);
    expect(await ensure({ requirements })).toBe(python);
    expect(said).toEqual([]);
  }, 60_000);

  it('is made again where it was left unfinished, or for other requirements', async () => {
    const [maker, place] = [await makerOf('exit 0'), join(folder(), 'mine')];
    const options = { maker, folder: place, requirements: await requirementsOf('one\n') };
    await ensure(options);
    const stamp = join(place, 'majlis-requirements.txt');
    expect(await readFile(stamp, 'utf8')).toBe('one\n');
    await rm(stamp);
    await ensure(options);
    expect(said).toHaveLength(2);
    await requirementsOf('two\n');
    await ensure(options);
    expect(await readFile(stamp, 'utf8')).toBe('two\n');
  });

  it('that cannot be made names the command, what it said, and what to do', async () => {
    const maker = await makerOf('echo no room; exit 3');
    const place = join(folder(), 'mine');
    const failing = ensure({ maker, folder: place, requirements: await requirementsOf('one\n') });
    await expect(failing).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(
        /mine\/bin\/python -m pip install .*requirements.txt ended with status 3: no room\. Next: /,
      ),
    });
    expect(existsSync(`${place}.lock`)).toBe(false);
    expect(existsSync(join(place, 'majlis-requirements.txt'))).toBe(false);
  });

  it('refuses a Python that is too old or not there, a folder of something else, and one that is being made', async () => {
    const requirements = await requirementsOf('one\n');
    await expect(ensure({ requirements, maker: '/bin/false' })).rejects.toThrow(/3\.11 or later/);
    await expect(ensure({ requirements, maker: '/nowhere/python' })).rejects.toThrow(/could not be started/);
    const other = join(folder(), 'documents');
    await mkdir(other);
    await expect(ensure({ requirements, folder: other })).rejects.toThrow(/is no virtual environment/);
    const busy = join(folder(), 'busy');
    await writeFile(`${busy}.lock`, String(process.pid));
    await expect(ensure({ requirements, folder: busy })).rejects.toThrow(`Process ${process.pid} is making`);
  });

  it('is not gone on with after an abort', async () => {
    const signal = AbortSignal.abort();
    await expect(ensure({ requirements: await requirementsOf('one\n'), signal })).rejects.toThrow(/abort/i);
  });
});
