"""What a person can do about an object store's refusal, by the code in its answer."""

from __future__ import annotations

_ADVICE = {
    ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"): (
        "The credentials have expired. Renew them (with AWS: `aws sso login`, or a new session token) and run it "
        "again; a role of the machine renews itself."
    ),
    ("RequestTimeTooSkewed",): "This machine's clock is wrong, so its signatures are refused. Set it and run it again.",
    ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"): (
        "The credentials are not valid there. Check LORECHAT_S3_ACCESS_KEY_ID and LORECHAT_S3_SECRET_ACCESS_KEY."
    ),
    ("AccessDenied", "AllAccessDisabled"): (
        "The credentials are valid and may not do this there. Check the rights of the role or key on this prefix."
    ),
    ("NoSuchBucket",): "There is no such bucket. Check LORECHAT_LAKE, or create the bucket.",
    ("SlowDown", "ServiceUnavailable", "TooManyRequests", "InternalError"): (
        "The object store is overloaded or failing, and stayed so over all retries. Nothing is lost: run it again "
        "later."
    ),
}


def advice(error: BaseException) -> str | None:
    """Return what to do, as a sentence or two; None for an error that is not one of S3's own."""
    said = str(error)
    for codes, text in _ADVICE.items():
        if any(f"<Code>{code}</Code>" in said for code in codes):
            return text
    return None
