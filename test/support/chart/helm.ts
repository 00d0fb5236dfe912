import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../core/runtime/package-root.js';

const EXECUTABLE = join(packageRoot, '.majlis/helm-4.1/helm');

/** What a call of helm printed, and how it ended. */
export interface HelmResult {
  readonly ok: boolean;
  readonly output: string;
  readonly errors: string;
}

/**
 * A suite that needs helm. Where that is not installed it is skipped, in so many words; on CI it runs, and fails.
 */
export function describeWithHelm(title: string, body: () => void): void {
  if (existsSync(EXECUTABLE) || process.env['CI'] === 'true') describe(title, body);
  // Not even its titles are looked at: they are made of what helm renders.
  else describe(title, () => it.skip('SKIP: no helm; node scripts/setup-helm.mjs', body));
}

/** Runs helm to its end. It reads no settings of the machine that it runs on, and nothing of the network. */
export function helm(args: readonly string[]): HelmResult {
  const { status, error, stdout, stderr } = spawnSync(EXECUTABLE, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: {
      HOME: '/nonexistent',
      HELM_CACHE_HOME: '/nonexistent',
      HELM_CONFIG_HOME: '/nonexistent',
      KUBECONFIG: '',
    },
  });
  if (error !== undefined) throw error;
  return { ok: status === 0, output: stdout, errors: stderr };
}
