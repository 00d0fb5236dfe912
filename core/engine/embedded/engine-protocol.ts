import type { PolicyVersion } from '../../domain/policy.js';
import type { GptConfig } from '../../network/gpt/gpt-config.js';
import type { RuntimeName } from '../../network/session/inference-session.js';
import type { GeneratedSequence, GenerateRequest } from '../engine.js';

/** What an embedded engine asks of its thread. */
export type EngineTask =
  | { readonly kind: 'open'; readonly runtime?: RuntimeName }
  | { readonly kind: 'load'; readonly policy: PolicyVersion }
  | {
      readonly kind: 'generate';
      readonly request: GenerateRequest;
      /** One shared integer; anything but 0 asks the thread to stop before its next token. */
      readonly abort: Int32Array;
    };

export type EngineReply =
  | { readonly kind: 'opened'; readonly fingerprint: string }
  | { readonly kind: 'loaded'; readonly config: GptConfig }
  | { readonly kind: 'generated'; readonly sequences: readonly GeneratedSequence[] };
