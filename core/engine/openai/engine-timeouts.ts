/** How long calls to a generation server may take, in milliseconds. */
export interface EngineTimeouts {
  /** To say what it is and what it serves. */
  readonly questionMs: number;
  /** To read weights. */
  readonly loadMs: number;
  /** To answer one prompt group, waiting for its turn included. */
  readonly generateMs: number;
}

/** Generous, since a slow answer is still one; what is gone altogether is noticed by its connection. */
export const ENGINE_TIMEOUTS: EngineTimeouts = { questionMs: 30_000, loadMs: 600_000, generateMs: 600_000 };
