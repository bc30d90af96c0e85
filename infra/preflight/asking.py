"""How an account is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

Clients = Callable[[str], Any]
"""Gives the client of a service, such as `sts`; boto3's are not typed."""

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


def is_denied(error: ClientError) -> bool:
    """Whether these credentials may not ask, which says nothing about what is there."""
    return named(error) in _DENIED


def code_of(ask: Callable[[], object]) -> str:
    """Return the code of the error that asking brings, or nothing. Errors: botocore's ClientError when denied."""
    try:
        ask()
    except ClientError as error:
        if is_denied(error):
            raise
        return named(error)
    return ""


def named(error: ClientError) -> str:
    """Return the code of an error, such as `NoSuchHostedZone`."""
    return str(error.response["Error"]["Code"])
