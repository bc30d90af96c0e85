"""What the function says of an error: enough to act on, and nothing that an error's message may hold."""

from __future__ import annotations

import httpx
import pytest
from botocore.exceptions import ClientError

from lake import LakeUnreachable
from orchestration.function.observation import describe

_ASKED = httpx.Request("GET", "https://models.example/?token=secret")
_CLIENT_ERROR = ClientError({"Error": {"Code": "AccessDenied", "Message": "secret"}}, "GetItem")
_STATUS_ERROR = httpx.HTTPStatusError("secret", request=_ASKED, response=httpx.Response(403, request=_ASKED))


class NoAnswer(OSError):
    """As HTTP libraries have it: an error that knows of an answer, and of none here."""

    response = None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (LakeUnreachable("the lake is away"), "LakeUnreachable: the lake is away"),
        (_CLIENT_ERROR, "ClientError AccessDenied"),
        (_STATUS_ERROR, "HTTPStatusError"),
        (NoAnswer("secret"), "NoAnswer"),
        (ValueError("secret"), "ValueError"),
    ],
)
def test_only_our_own_words_are_repeated_whatever_an_error_carries(error: Exception, said: str) -> None:
    assert describe(error) == said
