import { dirname, resolve } from 'node:path';
import { formatAddress } from '../../core/config/listen-address.js';
import type { Clock } from '../../core/runtime/clock.js';
import { CertificateFiles } from '../../core/trust/certificate-files.js';
import type { GatewayConfig } from '../../reward/gateway/gateway-config.js';
import type { GatewayAddress } from '../../reward/rpc/gateway-client.js';
import { readGatewayToken } from './gateway-token.js';

/** Where a gateway's file says that it is reached, and what is shown there and believed of it. */
export async function gatewayAddress(
  config: GatewayConfig,
  configPath: string,
  clock: Clock,
): Promise<GatewayAddress> {
  const { tls } = config.listen;
  const address = config.listen.reachedAt ?? formatAddress(config.listen);
  const token = await readGatewayToken(config, configPath);
  if (tls === undefined) return { address, token };
  const ca = resolve(dirname(configPath), tls.ca);
  return { address, token, tls: await CertificateFiles.open({ ca }, { clock }) };
}
