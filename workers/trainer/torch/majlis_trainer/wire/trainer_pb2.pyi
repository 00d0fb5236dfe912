from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_POLICY: _ClassVar[Role]
    ROLE_CRITIC: _ClassVar[Role]
    ROLE_REFERENCE: _ClassVar[Role]
    ROLE_REWARD: _ClassVar[Role]

class Loss(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LOSS_UNSPECIFIED: _ClassVar[Loss]
    LOSS_CROSS_ENTROPY: _ClassVar[Loss]
    LOSS_PPO: _ClassVar[Loss]
    LOSS_VALUE: _ClassVar[Loss]
    LOSS_BRADLEY_TERRY: _ClassVar[Loss]
    LOSS_DPO: _ClassVar[Loss]

class Reduction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REDUCTION_UNSPECIFIED: _ClassVar[Reduction]
    REDUCTION_NORMALIZED_SUM: _ClassVar[Reduction]

class AdamField(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADAM_FIELD_UNSPECIFIED: _ClassVar[AdamField]
    ADAM_FIELD_LEARNING_RATE: _ClassVar[AdamField]
    ADAM_FIELD_BETAS: _ClassVar[AdamField]
    ADAM_FIELD_EPS: _ClassVar[AdamField]
    ADAM_FIELD_WEIGHT_DECAY: _ClassVar[AdamField]
    ADAM_FIELD_CLIP: _ClassVar[AdamField]

class Adapter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ADAPTER_UNSPECIFIED: _ClassVar[Adapter]
    ADAPTER_LORA: _ClassVar[Adapter]

class TensorName(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TENSOR_NAME_UNSPECIFIED: _ClassVar[TensorName]
    TENSOR_NAME_TOKEN_IDS: _ClassVar[TensorName]
    TENSOR_NAME_OFFSETS: _ClassVar[TensorName]
    TENSOR_NAME_WEIGHTS: _ClassVar[TensorName]
    TENSOR_NAME_ADVANTAGES: _ClassVar[TensorName]
    TENSOR_NAME_OLD_LOG_PROBS: _ClassVar[TensorName]
    TENSOR_NAME_REFERENCE_LOG_PROBS: _ClassVar[TensorName]
    TENSOR_NAME_OLD_VALUES: _ClassVar[TensorName]
    TENSOR_NAME_RETURNS: _ClassVar[TensorName]
    TENSOR_NAME_FIRST: _ClassVar[TensorName]
    TENSOR_NAME_SECOND: _ClassVar[TensorName]
    TENSOR_NAME_LABELS: _ClassVar[TensorName]
    TENSOR_NAME_MARGINS: _ClassVar[TensorName]
    TENSOR_NAME_LOGIT_OFFSETS: _ClassVar[TensorName]
    TENSOR_NAME_PAIR_WEIGHTS: _ClassVar[TensorName]
    TENSOR_NAME_REFERENCE_SUMS: _ClassVar[TensorName]
    TENSOR_NAME_LOG_PROBS: _ClassVar[TensorName]
    TENSOR_NAME_ENTROPY: _ClassVar[TensorName]
    TENSOR_NAME_VALUES: _ClassVar[TensorName]
    TENSOR_NAME_KL: _ClassVar[TensorName]
    TENSOR_NAME_SCORES: _ClassVar[TensorName]

class Want(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WANT_UNSPECIFIED: _ClassVar[Want]
    WANT_LOG_PROBS: _ClassVar[Want]
    WANT_ENTROPY: _ClassVar[Want]
    WANT_VALUES: _ClassVar[Want]
    WANT_SCORES: _ClassVar[Want]
    WANT_KL: _ClassVar[Want]

class RatioKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RATIO_KIND_UNSPECIFIED: _ClassVar[RatioKind]
    RATIO_KIND_TOKEN: _ClassVar[RatioKind]
    RATIO_KIND_SEQUENCE: _ClassVar[RatioKind]

class KlKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KL_KIND_UNSPECIFIED: _ClassVar[KlKind]
    KL_KIND_K1: _ClassVar[KlKind]
    KL_KIND_K2: _ClassVar[KlKind]
    KL_KIND_K3: _ClassVar[KlKind]
ROLE_UNSPECIFIED: Role
ROLE_POLICY: Role
ROLE_CRITIC: Role
ROLE_REFERENCE: Role
ROLE_REWARD: Role
LOSS_UNSPECIFIED: Loss
LOSS_CROSS_ENTROPY: Loss
LOSS_PPO: Loss
LOSS_VALUE: Loss
LOSS_BRADLEY_TERRY: Loss
LOSS_DPO: Loss
REDUCTION_UNSPECIFIED: Reduction
REDUCTION_NORMALIZED_SUM: Reduction
ADAM_FIELD_UNSPECIFIED: AdamField
ADAM_FIELD_LEARNING_RATE: AdamField
ADAM_FIELD_BETAS: AdamField
ADAM_FIELD_EPS: AdamField
ADAM_FIELD_WEIGHT_DECAY: AdamField
ADAM_FIELD_CLIP: AdamField
ADAPTER_UNSPECIFIED: Adapter
ADAPTER_LORA: Adapter
TENSOR_NAME_UNSPECIFIED: TensorName
TENSOR_NAME_TOKEN_IDS: TensorName
TENSOR_NAME_OFFSETS: TensorName
TENSOR_NAME_WEIGHTS: TensorName
TENSOR_NAME_ADVANTAGES: TensorName
TENSOR_NAME_OLD_LOG_PROBS: TensorName
TENSOR_NAME_REFERENCE_LOG_PROBS: TensorName
TENSOR_NAME_OLD_VALUES: TensorName
TENSOR_NAME_RETURNS: TensorName
TENSOR_NAME_FIRST: TensorName
TENSOR_NAME_SECOND: TensorName
TENSOR_NAME_LABELS: TensorName
TENSOR_NAME_MARGINS: TensorName
TENSOR_NAME_LOGIT_OFFSETS: TensorName
TENSOR_NAME_PAIR_WEIGHTS: TensorName
TENSOR_NAME_REFERENCE_SUMS: TensorName
TENSOR_NAME_LOG_PROBS: TensorName
TENSOR_NAME_ENTROPY: TensorName
TENSOR_NAME_VALUES: TensorName
TENSOR_NAME_KL: TensorName
TENSOR_NAME_SCORES: TensorName
WANT_UNSPECIFIED: Want
WANT_LOG_PROBS: Want
WANT_ENTROPY: Want
WANT_VALUES: Want
WANT_SCORES: Want
WANT_KL: Want
RATIO_KIND_UNSPECIFIED: RatioKind
RATIO_KIND_TOKEN: RatioKind
RATIO_KIND_SEQUENCE: RatioKind
KL_KIND_UNSPECIFIED: KlKind
KL_KIND_K1: KlKind
KL_KIND_K2: KlKind
KL_KIND_K3: KlKind

class TrainerCall(_message.Message):
    __slots__ = ("run", "epoch", "expected_version")
    RUN_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    run: str
    epoch: int
    expected_version: int
    def __init__(self, run: _Optional[str] = ..., epoch: _Optional[int] = ..., expected_version: _Optional[int] = ...) -> None: ...

class GetCapabilitiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCapabilitiesResponse(_message.Message):
    __slots__ = ("engine", "fingerprint", "incarnation_id", "deterministic", "roles", "losses", "reductions", "adam_fields", "context_length", "adapters", "device", "dtype", "ranks")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_ID_FIELD_NUMBER: _ClassVar[int]
    DETERMINISTIC_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    LOSSES_FIELD_NUMBER: _ClassVar[int]
    REDUCTIONS_FIELD_NUMBER: _ClassVar[int]
    ADAM_FIELDS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_LENGTH_FIELD_NUMBER: _ClassVar[int]
    ADAPTERS_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    RANKS_FIELD_NUMBER: _ClassVar[int]
    engine: str
    fingerprint: str
    incarnation_id: str
    deterministic: bool
    roles: _containers.RepeatedScalarFieldContainer[Role]
    losses: _containers.RepeatedScalarFieldContainer[Loss]
    reductions: _containers.RepeatedScalarFieldContainer[Reduction]
    adam_fields: _containers.RepeatedScalarFieldContainer[AdamField]
    context_length: int
    adapters: _containers.RepeatedScalarFieldContainer[Adapter]
    device: str
    dtype: str
    ranks: int
    def __init__(self, engine: _Optional[str] = ..., fingerprint: _Optional[str] = ..., incarnation_id: _Optional[str] = ..., deterministic: _Optional[bool] = ..., roles: _Optional[_Iterable[_Union[Role, str]]] = ..., losses: _Optional[_Iterable[_Union[Loss, str]]] = ..., reductions: _Optional[_Iterable[_Union[Reduction, str]]] = ..., adam_fields: _Optional[_Iterable[_Union[AdamField, str]]] = ..., context_length: _Optional[int] = ..., adapters: _Optional[_Iterable[_Union[Adapter, str]]] = ..., device: _Optional[str] = ..., dtype: _Optional[str] = ..., ranks: _Optional[int] = ...) -> None: ...

class LoraAdapter(_message.Message):
    __slots__ = ("rank", "alpha", "target_modules")
    RANK_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    TARGET_MODULES_FIELD_NUMBER: _ClassVar[int]
    rank: int
    alpha: float
    target_modules: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, rank: _Optional[int] = ..., alpha: _Optional[float] = ..., target_modules: _Optional[_Iterable[str]] = ...) -> None: ...

class CreateModelRequest(_message.Message):
    __slots__ = ("call", "role", "base", "init_from", "heads", "seed", "lora")
    CALL_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    INIT_FROM_FIELD_NUMBER: _ClassVar[int]
    HEADS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LORA_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    role: Role
    base: str
    init_from: str
    heads: int
    seed: int
    lora: LoraAdapter
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., role: _Optional[_Union[Role, str]] = ..., base: _Optional[str] = ..., init_from: _Optional[str] = ..., heads: _Optional[int] = ..., seed: _Optional[int] = ..., lora: _Optional[_Union[LoraAdapter, _Mapping]] = ...) -> None: ...

class CreateModelResponse(_message.Message):
    __slots__ = ("model_id",)
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    def __init__(self, model_id: _Optional[str] = ...) -> None: ...

class TensorDeclaration(_message.Message):
    __slots__ = ("name", "length")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    name: TensorName
    length: int
    def __init__(self, name: _Optional[_Union[TensorName, str]] = ..., length: _Optional[int] = ...) -> None: ...

class TensorChunk(_message.Message):
    __slots__ = ("name", "offset", "data")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    name: TensorName
    offset: int
    data: bytes
    def __init__(self, name: _Optional[_Union[TensorName, str]] = ..., offset: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class ForwardHeader(_message.Message):
    __slots__ = ("call", "model_id", "want", "against", "temperature", "tensors")
    CALL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    WANT_FIELD_NUMBER: _ClassVar[int]
    AGAINST_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    model_id: str
    want: _containers.RepeatedScalarFieldContainer[Want]
    against: str
    temperature: float
    tensors: _containers.RepeatedCompositeFieldContainer[TensorDeclaration]
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., model_id: _Optional[str] = ..., want: _Optional[_Iterable[_Union[Want, str]]] = ..., against: _Optional[str] = ..., temperature: _Optional[float] = ..., tensors: _Optional[_Iterable[_Union[TensorDeclaration, _Mapping]]] = ...) -> None: ...

class ForwardRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: ForwardHeader
    chunk: TensorChunk
    def __init__(self, header: _Optional[_Union[ForwardHeader, _Mapping]] = ..., chunk: _Optional[_Union[TensorChunk, _Mapping]] = ...) -> None: ...

class ForwardResultHeader(_message.Message):
    __slots__ = ("tensors",)
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    tensors: _containers.RepeatedCompositeFieldContainer[TensorDeclaration]
    def __init__(self, tensors: _Optional[_Iterable[_Union[TensorDeclaration, _Mapping]]] = ...) -> None: ...

class ForwardResponse(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: ForwardResultHeader
    chunk: TensorChunk
    def __init__(self, header: _Optional[_Union[ForwardResultHeader, _Mapping]] = ..., chunk: _Optional[_Union[TensorChunk, _Mapping]] = ...) -> None: ...

class CrossEntropyLoss(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class KlLoss(_message.Message):
    __slots__ = ("kind", "coef")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COEF_FIELD_NUMBER: _ClassVar[int]
    kind: KlKind
    coef: float
    def __init__(self, kind: _Optional[_Union[KlKind, str]] = ..., coef: _Optional[float] = ...) -> None: ...

class PpoLoss(_message.Message):
    __slots__ = ("eps_low", "eps_high", "dual_clip", "ratio", "entropy_coef", "kl")
    EPS_LOW_FIELD_NUMBER: _ClassVar[int]
    EPS_HIGH_FIELD_NUMBER: _ClassVar[int]
    DUAL_CLIP_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_COEF_FIELD_NUMBER: _ClassVar[int]
    KL_FIELD_NUMBER: _ClassVar[int]
    eps_low: float
    eps_high: float
    dual_clip: float
    ratio: RatioKind
    entropy_coef: float
    kl: KlLoss
    def __init__(self, eps_low: _Optional[float] = ..., eps_high: _Optional[float] = ..., dual_clip: _Optional[float] = ..., ratio: _Optional[_Union[RatioKind, str]] = ..., entropy_coef: _Optional[float] = ..., kl: _Optional[_Union[KlLoss, _Mapping]] = ...) -> None: ...

class ValueLoss(_message.Message):
    __slots__ = ("clip",)
    CLIP_FIELD_NUMBER: _ClassVar[int]
    clip: float
    def __init__(self, clip: _Optional[float] = ...) -> None: ...

class BradleyTerryLoss(_message.Message):
    __slots__ = ("centring",)
    CENTRING_FIELD_NUMBER: _ClassVar[int]
    centring: float
    def __init__(self, centring: _Optional[float] = ...) -> None: ...

class DpoLoss(_message.Message):
    __slots__ = ("beta",)
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class ForwardBackwardHeader(_message.Message):
    __slots__ = ("call", "model_id", "step", "micro", "normalizer", "temperature", "cross_entropy", "ppo", "value", "bradley_terry", "dpo", "tensors")
    CALL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    MICRO_FIELD_NUMBER: _ClassVar[int]
    NORMALIZER_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    CROSS_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    PPO_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    BRADLEY_TERRY_FIELD_NUMBER: _ClassVar[int]
    DPO_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    model_id: str
    step: int
    micro: int
    normalizer: float
    temperature: float
    cross_entropy: CrossEntropyLoss
    ppo: PpoLoss
    value: ValueLoss
    bradley_terry: BradleyTerryLoss
    dpo: DpoLoss
    tensors: _containers.RepeatedCompositeFieldContainer[TensorDeclaration]
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., model_id: _Optional[str] = ..., step: _Optional[int] = ..., micro: _Optional[int] = ..., normalizer: _Optional[float] = ..., temperature: _Optional[float] = ..., cross_entropy: _Optional[_Union[CrossEntropyLoss, _Mapping]] = ..., ppo: _Optional[_Union[PpoLoss, _Mapping]] = ..., value: _Optional[_Union[ValueLoss, _Mapping]] = ..., bradley_terry: _Optional[_Union[BradleyTerryLoss, _Mapping]] = ..., dpo: _Optional[_Union[DpoLoss, _Mapping]] = ..., tensors: _Optional[_Iterable[_Union[TensorDeclaration, _Mapping]]] = ...) -> None: ...

class ForwardBackwardRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: ForwardBackwardHeader
    chunk: TensorChunk
    def __init__(self, header: _Optional[_Union[ForwardBackwardHeader, _Mapping]] = ..., chunk: _Optional[_Union[TensorChunk, _Mapping]] = ...) -> None: ...

class MetricSum(_message.Message):
    __slots__ = ("sum", "count")
    SUM_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    sum: float
    count: float
    def __init__(self, sum: _Optional[float] = ..., count: _Optional[float] = ...) -> None: ...

class ForwardBackwardResponse(_message.Message):
    __slots__ = ("loss", "metrics")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: MetricSum
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[MetricSum, _Mapping]] = ...) -> None: ...
    LOSS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    loss: float
    metrics: _containers.MessageMap[str, MetricSum]
    def __init__(self, loss: _Optional[float] = ..., metrics: _Optional[_Mapping[str, MetricSum]] = ...) -> None: ...

class OptimStepRequest(_message.Message):
    __slots__ = ("call", "model_id", "step", "learning_rate", "beta1", "beta2", "eps", "weight_decay", "clip")
    CALL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    BETA1_FIELD_NUMBER: _ClassVar[int]
    BETA2_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    CLIP_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    model_id: str
    step: int
    learning_rate: float
    beta1: float
    beta2: float
    eps: float
    weight_decay: float
    clip: float
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., model_id: _Optional[str] = ..., step: _Optional[int] = ..., learning_rate: _Optional[float] = ..., beta1: _Optional[float] = ..., beta2: _Optional[float] = ..., eps: _Optional[float] = ..., weight_decay: _Optional[float] = ..., clip: _Optional[float] = ...) -> None: ...

class OptimStepResponse(_message.Message):
    __slots__ = ("grad_norm", "skipped", "version")
    GRAD_NORM_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    grad_norm: float
    skipped: bool
    version: int
    def __init__(self, grad_norm: _Optional[float] = ..., skipped: _Optional[bool] = ..., version: _Optional[int] = ...) -> None: ...

class PublishWeightsRequest(_message.Message):
    __slots__ = ("call", "model_id", "directory")
    CALL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    model_id: str
    directory: str
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., model_id: _Optional[str] = ..., directory: _Optional[str] = ...) -> None: ...

class PublishWeightsResponse(_message.Message):
    __slots__ = ("directory", "sha256", "bytes")
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    directory: str
    sha256: str
    bytes: int
    def __init__(self, directory: _Optional[str] = ..., sha256: _Optional[str] = ..., bytes: _Optional[int] = ...) -> None: ...

class SaveCheckpointRequest(_message.Message):
    __slots__ = ("call", "model_id", "directory")
    CALL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    model_id: str
    directory: str
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., model_id: _Optional[str] = ..., directory: _Optional[str] = ...) -> None: ...

class SaveCheckpointResponse(_message.Message):
    __slots__ = ("sha256", "bytes", "step")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    bytes: int
    step: int
    def __init__(self, sha256: _Optional[str] = ..., bytes: _Optional[int] = ..., step: _Optional[int] = ...) -> None: ...

class LoadCheckpointRequest(_message.Message):
    __slots__ = ("call", "model_id", "directory")
    CALL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    model_id: str
    directory: str
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., model_id: _Optional[str] = ..., directory: _Optional[str] = ...) -> None: ...

class LoadCheckpointResponse(_message.Message):
    __slots__ = ("step", "sha256")
    STEP_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    step: int
    sha256: str
    def __init__(self, step: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class DeleteModelRequest(_message.Message):
    __slots__ = ("call", "model_id")
    CALL_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    call: TrainerCall
    model_id: str
    def __init__(self, call: _Optional[_Union[TrainerCall, _Mapping]] = ..., model_id: _Optional[str] = ...) -> None: ...

class DeleteModelResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
