import { spawnSync } from 'node:child_process';
import { compiledModule } from '../../core/runtime/package-root.js';

/** Mounts need a namespace of their own, which some systems do not give to a person who is not root. */
const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;

/** A suite over volumes of its own, skipped where they cannot be mounted. */
export const describeWhereMountsWork = canMount ? describe : describe.skip;

/**
 * What a script says that runs where the folder is mounted so. It has the exports of the compiled modules as `m`, the `folder`,
 * `told` for an error without the folder's name, and `say` for the one value that it answers.
 */
export function runMounted(
  { folder, mount, modules }: { folder: string; mount: string; modules: readonly string[] },
  script: string,
): unknown {
  const paths = JSON.stringify(modules.map(compiledModule));
  const whole = `
    const m = Object.assign({}, ...${paths}.map((path) => require(path)));
    const folder = process.argv[1];
    const told = (error) => ({ code: error.code, message: error.message.replaceAll(folder, '') });
    const say = (value) => console.log(JSON.stringify(value));
    (async () => {${script}})();`;
  const command = `${mount} && exec "$0" -e "$1" "$2"`;
  const args = ['--map-root-user', '--mount', 'sh', '-c', command, process.execPath, whole, folder];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 60_000 });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout) as unknown;
}
