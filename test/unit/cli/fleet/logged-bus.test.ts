import { loggedBus } from '../../../../cli/fleet/logged-bus.js';
import { MajlisError } from '../../../../core/errors.js';
import type { Logger } from '../../../../core/telemetry/logger.js';

function rig() {
  const said: string[] = [];
  const counted: string[] = [];
  const line =
    (level: string) =>
    (message: string): void => {
      said.push(`${level}: ${message}`);
    };
  const logger: Logger = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: () => logger,
  };
  const observer = loggedBus({ connection: ({ kind }) => counted.push(kind) }, logger);
  return { said, counted, tell: observer.connection ?? (() => undefined) };
}

describe('the log of a bus', () => {
  it('says once, when it is connected, what the server lacks', () => {
    const { said, counted, tell } = rig();
    const lacks = ['it is older than 2.12, the oldest that production should run'];
    tell({ kind: 'connected', server: 'a:4222', version: '2.11.0', lacks });
    expect(said).toEqual([
      'info: connected to the bus',
      'warn: nats-server 2.11.0: it is older than 2.12, the oldest that production should run',
    ]);
    expect(counted).toEqual(['connected']);
  });

  it('tells a loss, a return and an end that nobody asked for, and no end that somebody did', () => {
    const { said, counted, tell } = rig();
    tell({ kind: 'lost', server: 'a:4222' });
    tell({ kind: 'restored', server: 'a:4222' });
    tell({ kind: 'closed' });
    tell({ kind: 'closed', error: new MajlisError('gone', { code: 'unauthenticated' }) });
    expect(said).toEqual([
      'warn: the connection to the bus was lost and is being restored',
      'info: the connection to the bus is restored',
      'error: the bus is gone for good',
    ]);
    expect(counted).toEqual(['lost', 'restored', 'closed', 'closed']);
  });
});
