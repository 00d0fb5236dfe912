/**
 * Run control over a ledger that this process owns. What the states of a run allow is the ledger's to say; here stands what
 * follows from whether anybody is at work on the run: nobody can pause what nobody runs, and a run that nobody runs is
 * cancelled at once, because no iteration boundary will come.
 */
import { z } from 'zod';
import { judgesSchema, type JudgesChoice } from '../../core/config/judges-options.js';
import { parseJson } from '../../core/config/parse-json.js';
import { requireAskable } from '../../core/config/require-askable.js';
import type { ControlEvent, RecordedControlEvent, Run } from '../../core/domain/run.js';
import { hasEnded, mayControl } from '../../core/domain/run-state.js';
import type { ControlKind } from '../../core/domain/run-state.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { refusedControl, unknownRun } from '../../core/ledger/ledger-refusals.js';
import type { Clock } from '../../core/runtime/clock.js';
import { rollbackTarget } from './rollback-target.js';
import { rubricsInForce } from './rubrics-in-force.js';
import type { RubricHistory } from './rubrics-in-force.js';
import { shadowInForce } from './shadow-in-force.js';
import type {
  ControlOutcome,
  RollbackRequest,
  RubricDescription,
  RubricRequest,
  RunControl,
  RunDescription,
  RunRequest,
  RunSummary,
  WatchItem,
} from './run-control.js';
import { watchRun } from './watch-run.js';

export interface LedgerRunControlOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  /** Whether this process runs the run now. */
  isAtWork(run: string): boolean;
  /** Compiles a run file and creates the run, queued; absent where this process takes no queued runs. */
  readonly createRun?: ((request: RunRequest) => Promise<Run>) | undefined;
  /** The rubric of a hash or of a shipped id; one that cannot be had is a BadInputError. */
  describeRubric(rubric: string): Promise<RubricDescription>;
  /**
   * The hash of the set that a rubric makes with those in force, its hash given, in place of the one of its locale; for
   * runs on several locales. One that fits no place is a BadInputError.
   */
  placeRubric(inForce: string, rubricHash: string): Promise<string>;
  /** Longest silence of a watch. */
  readonly heartbeatMs?: number;
  /** False ends a watch where history ends. */
  readonly followsRuns?: boolean;
}

const HEARTBEAT_MS = 3000;

export class LedgerRunControl implements RunControl {
  constructor(private readonly options: LedgerRunControlOptions) {}

  async createRun(request: RunRequest): Promise<Run> {
    const { createRun } = this.options;
    if (createRun !== undefined) return createRun(request);
    throw new MajlisError('no process that takes queued runs is at work here; use "majlis run FILE"', {
      code: 'failed_precondition',
    });
  }

  async describeRun(run: string): Promise<RunDescription> {
    const { ledger } = this.options;
    const found = await this.get(run);
    const [iterations, policyVersions, controls, preferences] = await Promise.all([
      ledger.iterations(run),
      ledger.policyVersions(run),
      ledger.controlEvents(run),
      ledger.preferences(run),
    ]);
    return { run: found, iterations, policyVersions, controls, preferences: preferences.length };
  }

  async listRuns({ withProgress }: { readonly withProgress: boolean }): Promise<readonly RunSummary[]> {
    const runs = await this.options.ledger.listRuns();
    return withProgress ? Promise.all(runs.map((run) => this.summarize(run))) : runs.map((run) => ({ run }));
  }

  watchRun(run: string, after: number, signal: AbortSignal): AsyncIterable<WatchItem> {
    const { ledger, clock, heartbeatMs = HEARTBEAT_MS, followsRuns: follow = true } = this.options;
    return watchRun({ ledger, clock, run, after, heartbeatMs, follow, signal });
  }

  async pauseRun(run: string, reason?: string): Promise<ControlOutcome> {
    const { state } = await this.get(run);
    if (mayControl(state, 'pause') && !this.options.isAtWork(run)) throw nobodyToPause(run, state);
    return this.request(run, { kind: 'pause', ...reasonOf(reason) });
  }

  async resumeRun(run: string): Promise<ControlOutcome> {
    return this.request(run, { kind: 'resume' });
  }

  async cancelRun(run: string, reason?: string): Promise<ControlOutcome> {
    const { ledger } = this.options;
    const outcome = await this.request(run, { kind: 'cancel', ...reasonOf(reason) });
    if (outcome.atWork || hasEnded(outcome.run.state)) return outcome;
    const next = (await ledger.iterations(run)).length;
    await ledger.stampControl(run, [outcome.control.sequence], next);
    await ledger.setRunState(run, 'cancelled', reason);
    return { ...outcome, run: await this.get(run), control: { ...outcome.control, effectiveAt: next } };
  }

  async swapRubric(run: string, request: RubricRequest): Promise<ControlOutcome> {
    return this.request(run, { kind: 'swap_rubric', ...(await this.usable(run, 'swap_rubric', request)) });
  }

  async shadowRubric(run: string, request: RubricRequest): Promise<ControlOutcome> {
    const candidate = await this.usable(run, 'shadow_rubric', request);
    requireAnother(run, candidate.rubricHash, await this.describeRun(run));
    return this.request(run, { kind: 'shadow_rubric', ...candidate });
  }

  async stopShadow(run: string): Promise<ControlOutcome> {
    const history = await this.describeRun(run);
    requireControl(history.run, 'stop_shadow');
    const shadow = shadowInForce(history);
    if (shadow === undefined) throw noShadow(run);
    const { rubricHash, iteration, effectiveAt } = shadow;
    // One that begins later is stopped where it would begin.
    const when = effectiveAt === undefined && iteration !== undefined ? { iteration } : {};
    return this.request(run, { kind: 'stop_shadow', rubricHash, ...when });
  }

  async rollBackRun(run: string, to: RollbackRequest): Promise<ControlOutcome> {
    const history = await this.describeRun(run);
    requireControl(history.run, 'roll_back');
    const target = rollbackTarget(run, to, history);
    return this.request(run, { kind: 'roll_back', to: target });
  }

  /** A rubric that the run may have, by its hash; the run's state is looked at first. */
  private async usable(
    run: string,
    kind: ControlKind,
    { rubric, iteration }: RubricRequest,
  ): Promise<{ readonly rubricHash: string; readonly iteration?: number }> {
    const found = await this.get(run);
    requireControl(found, kind);
    const described = await this.options.describeRubric(rubric);
    requireUsable(described);
    const { locales, judges } = configOf(found);
    requireSameLanguage(found.id, locales, described);
    requireAskable(described, judges);
    const rubricHash = locales.length === 1 ? described.hash : await this.placed(run, described.hash);
    return { rubricHash, ...(iteration === undefined ? {} : { iteration }) };
  }

  /** Where several are in force, what takes the place of one is the set of all; a change that is not in force yet has none. */
  private async placed(run: string, rubricHash: string): Promise<string> {
    const history = await this.describeRun(run);
    const pending = history.controls.find(({ event, effectiveAt }) => {
      const changes =
        event.kind === 'swap_rubric' || (event.kind === 'roll_back' && 'rubricHash' in event.to);
      return changes && effectiveAt === undefined;
    });
    const inForce = rubricsInForce(history).at(-1);
    if (pending === undefined && inForce !== undefined) {
      return this.options.placeRubric(inForce, rubricHash);
    }
    const why =
      inForce === undefined
        ? 'it has not begun'
        : `its change of rubrics number ${pending?.sequence} has not taken effect`;
    throw new MajlisError(
      `run ${run} is on several locales and ${why}, so that it is not known which rubrics stay; ask again when it has`,
      { code: 'failed_precondition' },
    );
  }

  private async summarize(run: Run): Promise<RunSummary> {
    const iterations = await this.options.ledger.iterations(run.id);
    const last = iterations.at(-1);
    return { run, progress: { iterations: iterations.length, ...(last === undefined ? {} : { last }) } };
  }

  private async request(run: string, event: ControlEvent): Promise<ControlOutcome> {
    const control: RecordedControlEvent = await this.options.ledger.requestControl(run, event);
    return { run: await this.get(run), control, atWork: this.options.isAtWork(run) };
  }

  private async get(run: string): Promise<Run> {
    const found = await this.options.ledger.getRun(run);
    if (found === undefined) throw unknownRun(run);
    return found;
  }
}

/** The ledger says the same at the request; asked first, a wrong state is told before a wrong value. */
function requireControl(run: Run, kind: ControlKind): void {
  if (!mayControl(run.state, kind)) throw refusedControl(run, kind);
}

function reasonOf(reason: string | undefined): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function nobodyToPause(run: string, state: string): MajlisError {
  return new MajlisError(
    `run ${run} is ${state} in the ledger, but no process is at work on it, so there is nothing to pause; ` +
      `"majlis run --continue ${run}" goes on with it, "majlis cancel ${run}" ends it`,
    { code: 'failed_precondition' },
  );
}

/** A rubric scored beside itself would tell nothing. */
function requireAnother(run: string, rubricHash: string, history: RubricHistory): void {
  if (rubricsInForce(history).at(-1) !== rubricHash) return;
  throw new BadInputError({
    ...{ source: `shadow of run ${run}`, place: 'rubric', found: `${rubricHash}, which is in force` },
    allowed: 'another rubric than the one in force',
  });
}

function noShadow(run: string): MajlisError {
  return new MajlisError(`run ${run} has no shadow; "majlis rubric shadow ${run} RUBRIC" asks for one`, {
    code: 'failed_precondition',
  });
}

/** Going back to one that was in force is a rollback, which looks at no status. */
function requireUsable({ id, status }: RubricDescription): void {
  if (status !== 'retired') return;
  throw new BadInputError({
    ...{ source: `rubric ${id}`, place: 'status', found: '"retired"' },
    allowed: 'a draft, shadow or active rubric',
  });
}

function configOf({ id, config }: Run): {
  readonly locales: readonly string[];
  readonly judges?: JudgesChoice;
} {
  const judges = judgesSchema.exactOptional();
  const named = z.object({ locale: z.string() });
  const schema = z.union([
    z.object({ locales: z.array(named).min(1), judges }),
    named.extend({ judges }).transform(({ judges: asked, ...locale }) => {
      return { locales: [locale], ...(asked === undefined ? {} : { judges: asked }) };
    }),
  ]);
  const { locales, ...rest } = parseJson(config, schema, { source: `config of run ${id}` });
  return { ...rest, locales: locales.map(({ locale }) => locale) };
}

/** Judging answers in one language by a rubric for another would be noise. */
function requireSameLanguage(run: string, locales: readonly string[], rubric: RubricDescription): void {
  const language = (tag: string): string => new Intl.Locale(tag).language;
  if (locales.some((locale) => language(locale) === language(rubric.locale))) return;
  const [name] = locales.length === 1 ? ['the locale'] : ['the locales'];
  throw new BadInputError({
    source: `rubric ${rubric.id}`,
    place: 'locale',
    found: JSON.stringify(rubric.locale),
    allowed: `a rubric for ${locales.join(' or ')}, ${name} of run ${run}`,
  });
}
