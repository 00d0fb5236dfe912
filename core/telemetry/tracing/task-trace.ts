import { sha256 } from '../../runtime/content-hash.js';
import type { TraceHeaders, TraceIds } from './tracer.js';

const CONTENT_HASH = /^[0-9a-f]{64}$/;
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/**
 * The trace of a task, from its issue to its reward. Its ids are the task's own: the trace's are the first 32 digits of the
 * task id, the first span's the next 16. So every process, and a coordinator that was killed and goes on, joins the same trace
 * without asking anybody, and whoever reads a task id in a log line can look its trace up.
 */
export function taskTraceIds(taskId: string): TraceIds {
  const digits = CONTENT_HASH.test(taskId) ? taskId : sha256(taskId);
  return {
    traceId: digits.slice(0, TRACE_DIGITS),
    spanId: digits.slice(TRACE_DIGITS, TRACE_DIGITS + SPAN_DIGITS),
  };
}

/** The same as headers: for spans that the task caused and that no message carries to. */
export function taskTrace(taskId: string): TraceHeaders {
  const { traceId, spanId } = taskTraceIds(taskId);
  return { traceparent: `00-${traceId}-${spanId}-01` };
}
