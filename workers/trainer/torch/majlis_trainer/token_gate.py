"""Refuses calls that do not show the token of this process."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import grpc

KEY = "authorization"


class TokenGate(grpc.ServerInterceptor):  # type: ignore[misc]
    """Every call shows `authorization: Bearer TOKEN`, or is UNAUTHENTICATED. Comparing takes as long whatever is shown."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()
        self._refusal = grpc.unary_unary_rpc_method_handler(_refuse)

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        """Called by grpc before any handler."""
        shown = str(dict(details.invocation_metadata).get(KEY, ""))
        return continuation(details) if hmac.compare_digest(shown.encode(), self._expected) else self._refusal


def _refuse(_request: Any, context: Any) -> None:
    message = "The call shows no token, or not the one that this trainer was started with."
    context.abort(grpc.StatusCode.UNAUTHENTICATED, message)
