import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { MajlisError } from '../../errors.js';

type OnResult = Parameters<SpanExporter['export']>[1];

/** OpenTelemetry's `ExportResultCode.SUCCESS`, whose package is not among ours. */
const SUCCESS = 0;

/** An exporter whose failures are told once, and again only after a batch arrived. */
export class ReportingExporter implements SpanExporter {
  private isFailing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly onFailure: (error: MajlisError) => void,
  ) {}

  export(spans: ReadableSpan[], onResult: OnResult): void {
    this.exporter.export(spans, (result) => {
      const failed = Number(result.code) !== SUCCESS;
      if (failed && !this.isFailing) this.onFailure(lost(spans.length, result.error));
      this.isFailing = failed;
      // Told already: OpenTelemetry's own handler would print it a second time.
      onResult({ code: SUCCESS });
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush?.();
  }
}

function lost(spans: number, cause: Error | undefined): MajlisError {
  const message = `${spans} spans did not reach the receiver of traces: ${cause?.message ?? 'no reason given'}`;
  return new MajlisError(message, { code: 'unavailable', cause });
}
