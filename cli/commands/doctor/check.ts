/** What one check found; a failure or warning says what to do next. */
export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly found: string;
  readonly next?: string;
}
