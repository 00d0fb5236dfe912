import { Command } from 'commander';
import { addTelemetryOptions, telemetryChoice } from '../../../../cli/commands/telemetry-flags.js';
import type { TelemetryFlags } from '../../../../cli/commands/telemetry-flags.js';

function flagsOf(...words: string[]): TelemetryFlags {
  const command = addTelemetryOptions(new Command()).exitOverride();
  return command.parse(words, { from: 'user' }).opts<TelemetryFlags>();
}

describe('the flags of telemetry', () => {
  it('offer and send nothing unless told', () => {
    expect(telemetryChoice(flagsOf(), {})).toEqual({});
  });

  it('take a port, its address and a receiver', () => {
    const flags = flagsOf('--metrics-port', '0', '--metrics-host', '::1', '--trace', 'http://collector:4318');
    expect(telemetryChoice(flags, {})).toEqual({
      ...{ metricsPort: 0, metricsHost: '::1', traceUrl: 'http://collector:4318' },
    });
  });

  it('take the receiver of the environment where no flag names one', () => {
    const environment = { traceUrl: 'https://from-environment' };
    expect(telemetryChoice(flagsOf(), environment)).toEqual(environment);
    expect(telemetryChoice(flagsOf('--trace', 'http://flag'), environment)).toEqual({
      traceUrl: 'http://flag',
    });
  });

  it.each(['collector:4318', 'ftp://collector', ''])('refuse %j as a receiver, wherever it stands', (url) => {
    expect(() => flagsOf('--trace', url)).toThrow(
      `--trace: found ${JSON.stringify(url)}; allowed: a URL such as http://127.0.0.1:4318`,
    );
    expect(() => telemetryChoice({}, { traceUrl: url })).toThrow(/^OTEL_EXPORTER_OTLP_ENDPOINT: found/);
  });

  it.each(['-1', '65536', 'x'])('refuse %s as a port', (port) => {
    expect(() => flagsOf('--metrics-port', port)).toThrow(`--metrics-port: found "${port}"`);
  });
});
