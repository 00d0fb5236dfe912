import { Command } from 'commander';
import { addServingOptions, withServing } from '../../../../cli/fleet/with-serving.js';
import type { FleetFlags } from '../../../../cli/fleet/open-fleet.js';
import { systemClock as clock } from '../../../../core/runtime/clock.js';
import type { Terminal } from '../../../../cli/terminal/terminal.js';

const nothing = (): void => undefined;
const terminal: Terminal = { isLive: false, print: nothing, say: nothing, redraw: nothing };

const defaults: FleetFlags = { release: 'majlis', pool: 'default', healthHost: '127.0.0.1' };
const flags: readonly (readonly [string, Partial<FleetFlags>])[] = [
  ['--tokens', { tokens: 'tokens.yaml' }],
  ['--tls-cert', { tlsCert: 'server.pem', tlsKey: 'server.key' }],
  ['--insecure', { insecure: true }],
];

describe('serving flags', () => {
  it.each(flags)('%s is refused where nothing listens that it could protect', async (flag, given) => {
    const served = withServing({ ...defaults, ...given }, { terminal, clock }, async () => 1);
    await expect(served).rejects.toThrow(
      `${flag}: found it without --listen; allowed: it beside --listen HOST:PORT`,
    );
  });

  it('--annotate-pods is refused where the token of the account would travel in plaintext', () => {
    const command = addServingOptions(new Command());
    const parse = (): unknown => command.parse(['--annotate-pods', 'http://kubernetes'], { from: 'user' });
    expect(parse).toThrow('--annotate-pods: found "http://kubernetes"; allowed: https://');
  });
});
