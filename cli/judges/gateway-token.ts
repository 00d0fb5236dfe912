import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readToken } from '../../core/config/read-token.js';
import type { GatewayConfig } from '../../reward/gateway/gateway-config.js';

const TOKEN_BYTES = 32;

/** The token that clients show, from the file that the configuration names. */
export async function readGatewayToken(config: GatewayConfig, configPath: string): Promise<string> {
  return readToken(tokenPath(config, configPath));
}

/** The same; where the file is not there yet, one is made for this user alone. */
export async function ensureGatewayToken(config: GatewayConfig, configPath: string): Promise<string> {
  const path = tokenPath(config, configPath);
  if (!existsSync(path)) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await writeFile(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
  }
  return readGatewayToken(config, configPath);
}

function tokenPath({ listen }: GatewayConfig, configPath: string): string {
  return resolve(dirname(configPath), listen.tokenFile);
}
