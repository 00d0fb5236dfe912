"""The class that puts score heads on a language model of any architecture."""

from __future__ import annotations

from typing import Any

from transformers import AutoModelForTokenClassification
from transformers.modeling_layers import GenericForTokenClassification
from transformers.models.auto.modeling_auto import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING, MODEL_MAPPING


def token_classifier_of(config: Any) -> Any:
    """Transformers' own token classifier, or one in the same form where it has none (Gemma 3, OLMo 2)."""
    if type(config) in MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING or type(config) not in MODEL_MAPPING:
        return AutoModelForTokenClassification
    mapped: Any = MODEL_MAPPING[type(config)]
    backbone = mapped[0] if isinstance(mapped, tuple) else mapped
    parent = backbone.__bases__[0]
    name = f"{backbone.__name__.removesuffix('Model')}ForTokenClassification"
    return type(name, (GenericForTokenClassification, parent), {"config_class": type(config)})
