from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_CODE_UNSPECIFIED: _ClassVar[ErrorCode]
    ERROR_CODE_CANCELLED: _ClassVar[ErrorCode]
    ERROR_CODE_INVALID_ARGUMENT: _ClassVar[ErrorCode]
    ERROR_CODE_DEADLINE_EXCEEDED: _ClassVar[ErrorCode]
    ERROR_CODE_NOT_FOUND: _ClassVar[ErrorCode]
    ERROR_CODE_ALREADY_EXISTS: _ClassVar[ErrorCode]
    ERROR_CODE_PERMISSION_DENIED: _ClassVar[ErrorCode]
    ERROR_CODE_RESOURCE_EXHAUSTED: _ClassVar[ErrorCode]
    ERROR_CODE_FAILED_PRECONDITION: _ClassVar[ErrorCode]
    ERROR_CODE_ABORTED: _ClassVar[ErrorCode]
    ERROR_CODE_OUT_OF_RANGE: _ClassVar[ErrorCode]
    ERROR_CODE_UNIMPLEMENTED: _ClassVar[ErrorCode]
    ERROR_CODE_INTERNAL: _ClassVar[ErrorCode]
    ERROR_CODE_UNAVAILABLE: _ClassVar[ErrorCode]
    ERROR_CODE_DATA_LOSS: _ClassVar[ErrorCode]
    ERROR_CODE_UNAUTHENTICATED: _ClassVar[ErrorCode]

class FinishReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FINISH_REASON_UNSPECIFIED: _ClassVar[FinishReason]
    FINISH_REASON_STOP: _ClassVar[FinishReason]
    FINISH_REASON_LENGTH: _ClassVar[FinishReason]

class Order(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_UNSPECIFIED: _ClassVar[Order]
    ORDER_FIRST_SHOWN_FIRST: _ClassVar[Order]
    ORDER_SECOND_SHOWN_FIRST: _ClassVar[Order]
ERROR_CODE_UNSPECIFIED: ErrorCode
ERROR_CODE_CANCELLED: ErrorCode
ERROR_CODE_INVALID_ARGUMENT: ErrorCode
ERROR_CODE_DEADLINE_EXCEEDED: ErrorCode
ERROR_CODE_NOT_FOUND: ErrorCode
ERROR_CODE_ALREADY_EXISTS: ErrorCode
ERROR_CODE_PERMISSION_DENIED: ErrorCode
ERROR_CODE_RESOURCE_EXHAUSTED: ErrorCode
ERROR_CODE_FAILED_PRECONDITION: ErrorCode
ERROR_CODE_ABORTED: ErrorCode
ERROR_CODE_OUT_OF_RANGE: ErrorCode
ERROR_CODE_UNIMPLEMENTED: ErrorCode
ERROR_CODE_INTERNAL: ErrorCode
ERROR_CODE_UNAVAILABLE: ErrorCode
ERROR_CODE_DATA_LOSS: ErrorCode
ERROR_CODE_UNAUTHENTICATED: ErrorCode
FINISH_REASON_UNSPECIFIED: FinishReason
FINISH_REASON_STOP: FinishReason
FINISH_REASON_LENGTH: FinishReason
ORDER_UNSPECIFIED: Order
ORDER_FIRST_SHOWN_FIRST: Order
ORDER_SECOND_SHOWN_FIRST: Order

class ProtocolRange(_message.Message):
    __slots__ = ("minimum", "maximum")
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    minimum: int
    maximum: int
    def __init__(self, minimum: _Optional[int] = ..., maximum: _Optional[int] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("protocol", "software")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_FIELD_NUMBER: _ClassVar[int]
    protocol: ProtocolRange
    software: str
    def __init__(self, protocol: _Optional[_Union[ProtocolRange, _Mapping]] = ..., software: _Optional[str] = ...) -> None: ...

class HelloReply(_message.Message):
    __slots__ = ("protocol", "software")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_FIELD_NUMBER: _ClassVar[int]
    protocol: int
    software: str
    def __init__(self, protocol: _Optional[int] = ..., software: _Optional[str] = ...) -> None: ...

class BadInput(_message.Message):
    __slots__ = ("source", "place", "found", "allowed")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    source: str
    place: str
    found: str
    allowed: str
    def __init__(self, source: _Optional[str] = ..., place: _Optional[str] = ..., found: _Optional[str] = ..., allowed: _Optional[str] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("code", "message", "bad_input", "retry_after_ms")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    BAD_INPUT_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    code: ErrorCode
    message: str
    bad_input: BadInput
    retry_after_ms: int
    def __init__(self, code: _Optional[_Union[ErrorCode, str]] = ..., message: _Optional[str] = ..., bad_input: _Optional[_Union[BadInput, _Mapping]] = ..., retry_after_ms: _Optional[int] = ...) -> None: ...

class Prompt(_message.Message):
    __slots__ = ("id", "locale", "text", "category")
    ID_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    id: str
    locale: str
    text: str
    category: str
    def __init__(self, id: _Optional[str] = ..., locale: _Optional[str] = ..., text: _Optional[str] = ..., category: _Optional[str] = ...) -> None: ...

class TokenizedPrompt(_message.Message):
    __slots__ = ("prompt", "token_ids", "tokenizer_hash", "truncated")
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    TOKEN_IDS_FIELD_NUMBER: _ClassVar[int]
    TOKENIZER_HASH_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    prompt: Prompt
    token_ids: _containers.RepeatedScalarFieldContainer[int]
    tokenizer_hash: str
    truncated: bool
    def __init__(self, prompt: _Optional[_Union[Prompt, _Mapping]] = ..., token_ids: _Optional[_Iterable[int]] = ..., tokenizer_hash: _Optional[str] = ..., truncated: _Optional[bool] = ...) -> None: ...

class SamplingSettings(_message.Message):
    __slots__ = ("max_new_tokens", "temperature", "stop_token_ids")
    MAX_NEW_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    STOP_TOKEN_IDS_FIELD_NUMBER: _ClassVar[int]
    max_new_tokens: int
    temperature: float
    stop_token_ids: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, max_new_tokens: _Optional[int] = ..., temperature: _Optional[float] = ..., stop_token_ids: _Optional[_Iterable[int]] = ...) -> None: ...

class RolloutTask(_message.Message):
    __slots__ = ("id", "run", "iteration", "prompt", "group_size", "policy_version", "policy_hash", "rubric_hash", "reward_model_hash", "seed", "sampling")
    ID_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    GROUP_SIZE_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    POLICY_HASH_FIELD_NUMBER: _ClassVar[int]
    RUBRIC_HASH_FIELD_NUMBER: _ClassVar[int]
    REWARD_MODEL_HASH_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_FIELD_NUMBER: _ClassVar[int]
    id: str
    run: str
    iteration: int
    prompt: TokenizedPrompt
    group_size: int
    policy_version: int
    policy_hash: str
    rubric_hash: str
    reward_model_hash: str
    seed: int
    sampling: SamplingSettings
    def __init__(self, id: _Optional[str] = ..., run: _Optional[str] = ..., iteration: _Optional[int] = ..., prompt: _Optional[_Union[TokenizedPrompt, _Mapping]] = ..., group_size: _Optional[int] = ..., policy_version: _Optional[int] = ..., policy_hash: _Optional[str] = ..., rubric_hash: _Optional[str] = ..., reward_model_hash: _Optional[str] = ..., seed: _Optional[int] = ..., sampling: _Optional[_Union[SamplingSettings, _Mapping]] = ...) -> None: ...

class Task(_message.Message):
    __slots__ = ("rollout",)
    ROLLOUT_FIELD_NUMBER: _ClassVar[int]
    rollout: RolloutTask
    def __init__(self, rollout: _Optional[_Union[RolloutTask, _Mapping]] = ...) -> None: ...

class Trajectory(_message.Message):
    __slots__ = ("index", "token_ids", "log_probs", "finish", "text")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    TOKEN_IDS_FIELD_NUMBER: _ClassVar[int]
    LOG_PROBS_FIELD_NUMBER: _ClassVar[int]
    FINISH_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    index: int
    token_ids: _containers.RepeatedScalarFieldContainer[int]
    log_probs: _containers.RepeatedScalarFieldContainer[float]
    finish: FinishReason
    text: str
    def __init__(self, index: _Optional[int] = ..., token_ids: _Optional[_Iterable[int]] = ..., log_probs: _Optional[_Iterable[float]] = ..., finish: _Optional[_Union[FinishReason, str]] = ..., text: _Optional[str] = ...) -> None: ...

class TrajectoryGroup(_message.Message):
    __slots__ = ("task_id", "policy_hash", "engine_fingerprint", "trajectories")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_HASH_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    TRAJECTORIES_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    policy_hash: str
    engine_fingerprint: str
    trajectories: _containers.RepeatedCompositeFieldContainer[Trajectory]
    def __init__(self, task_id: _Optional[str] = ..., policy_hash: _Optional[str] = ..., engine_fingerprint: _Optional[str] = ..., trajectories: _Optional[_Iterable[_Union[Trajectory, _Mapping]]] = ...) -> None: ...

class GivenUpTask(_message.Message):
    __slots__ = ("task_id", "policy_version", "oldest_version")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    OLDEST_VERSION_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    policy_version: int
    oldest_version: int
    def __init__(self, task_id: _Optional[str] = ..., policy_version: _Optional[int] = ..., oldest_version: _Optional[int] = ...) -> None: ...

class TaskResult(_message.Message):
    __slots__ = ("rollout", "given_up")
    ROLLOUT_FIELD_NUMBER: _ClassVar[int]
    GIVEN_UP_FIELD_NUMBER: _ClassVar[int]
    rollout: TrajectoryGroup
    given_up: GivenUpTask
    def __init__(self, rollout: _Optional[_Union[TrajectoryGroup, _Mapping]] = ..., given_up: _Optional[_Union[GivenUpTask, _Mapping]] = ...) -> None: ...

class Parcel(_message.Message):
    __slots__ = ("parts",)
    PARTS_FIELD_NUMBER: _ClassVar[int]
    parts: _containers.RepeatedCompositeFieldContainer[ParcelPart]
    def __init__(self, parts: _Optional[_Iterable[_Union[ParcelPart, _Mapping]]] = ...) -> None: ...

class ParcelPart(_message.Message):
    __slots__ = ("data", "headers")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DATA_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    headers: _containers.ScalarMap[str, str]
    def __init__(self, data: _Optional[bytes] = ..., headers: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Abstained(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class JudgeFailed(_message.Message):
    __slots__ = ("reason", "retryable")
    REASON_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    retryable: bool
    def __init__(self, reason: _Optional[str] = ..., retryable: _Optional[bool] = ...) -> None: ...

class Unparseable(_message.Message):
    __slots__ = ("raw",)
    RAW_FIELD_NUMBER: _ClassVar[int]
    raw: str
    def __init__(self, raw: _Optional[str] = ...) -> None: ...

class PolicyMalformed(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class Reward(_message.Message):
    __slots__ = ("raw", "normalized")
    RAW_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_FIELD_NUMBER: _ClassVar[int]
    raw: float
    normalized: float
    def __init__(self, raw: _Optional[float] = ..., normalized: _Optional[float] = ...) -> None: ...

class RewardOutcome(_message.Message):
    __slots__ = ("scored", "abstained", "judge_failed", "unparseable", "policy_malformed")
    SCORED_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FAILED_FIELD_NUMBER: _ClassVar[int]
    UNPARSEABLE_FIELD_NUMBER: _ClassVar[int]
    POLICY_MALFORMED_FIELD_NUMBER: _ClassVar[int]
    scored: Reward
    abstained: Abstained
    judge_failed: JudgeFailed
    unparseable: Unparseable
    policy_malformed: PolicyMalformed
    def __init__(self, scored: _Optional[_Union[Reward, _Mapping]] = ..., abstained: _Optional[_Union[Abstained, _Mapping]] = ..., judge_failed: _Optional[_Union[JudgeFailed, _Mapping]] = ..., unparseable: _Optional[_Union[Unparseable, _Mapping]] = ..., policy_malformed: _Optional[_Union[PolicyMalformed, _Mapping]] = ...) -> None: ...

class Contributions(_message.Message):
    __slots__ = ("by_criterion",)
    class ByCriterionEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    BY_CRITERION_FIELD_NUMBER: _ClassVar[int]
    by_criterion: _containers.ScalarMap[str, float]
    def __init__(self, by_criterion: _Optional[_Mapping[str, float]] = ...) -> None: ...

class PairScore(_message.Message):
    __slots__ = ("probability_first", "contributions", "rationale")
    PROBABILITY_FIRST_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    RATIONALE_FIELD_NUMBER: _ClassVar[int]
    probability_first: float
    contributions: Contributions
    rationale: str
    def __init__(self, probability_first: _Optional[float] = ..., contributions: _Optional[_Union[Contributions, _Mapping]] = ..., rationale: _Optional[str] = ...) -> None: ...

class PairOutcome(_message.Message):
    __slots__ = ("scored", "abstained", "judge_failed", "unparseable", "policy_malformed")
    SCORED_FIELD_NUMBER: _ClassVar[int]
    ABSTAINED_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FAILED_FIELD_NUMBER: _ClassVar[int]
    UNPARSEABLE_FIELD_NUMBER: _ClassVar[int]
    POLICY_MALFORMED_FIELD_NUMBER: _ClassVar[int]
    scored: PairScore
    abstained: Abstained
    judge_failed: JudgeFailed
    unparseable: Unparseable
    policy_malformed: PolicyMalformed
    def __init__(self, scored: _Optional[_Union[PairScore, _Mapping]] = ..., abstained: _Optional[_Union[Abstained, _Mapping]] = ..., judge_failed: _Optional[_Union[JudgeFailed, _Mapping]] = ..., unparseable: _Optional[_Union[Unparseable, _Mapping]] = ..., policy_malformed: _Optional[_Union[PolicyMalformed, _Mapping]] = ...) -> None: ...

class PairVerdict(_message.Message):
    __slots__ = ("judge_id", "rubric_hash", "pair_id", "order", "outcome", "criterion_hash")
    JUDGE_ID_FIELD_NUMBER: _ClassVar[int]
    RUBRIC_HASH_FIELD_NUMBER: _ClassVar[int]
    PAIR_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    CRITERION_HASH_FIELD_NUMBER: _ClassVar[int]
    judge_id: str
    rubric_hash: str
    pair_id: str
    order: Order
    outcome: PairOutcome
    criterion_hash: str
    def __init__(self, judge_id: _Optional[str] = ..., rubric_hash: _Optional[str] = ..., pair_id: _Optional[str] = ..., order: _Optional[_Union[Order, str]] = ..., outcome: _Optional[_Union[PairOutcome, _Mapping]] = ..., criterion_hash: _Optional[str] = ...) -> None: ...

class PolicyVersion(_message.Message):
    __slots__ = ("version", "hash", "location")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    version: int
    hash: str
    location: str
    def __init__(self, version: _Optional[int] = ..., hash: _Optional[str] = ..., location: _Optional[str] = ...) -> None: ...
