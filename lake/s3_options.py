"""What delta-rs and obstore need to open an S3 bucket."""

from __future__ import annotations


def s3_options(
    url: str, *, endpoint: str, region: str, key_id: str, secret: str, encryption: str = "", kms_key: str = ""
) -> dict[str, str]:
    """Return the storage options of a lake at `url`: none for a folder, and no empty ones, so that what is left out
    comes from the machine's own role. `encryption` is asked for with every object that is written ("AES256" or
    "aws:kms"); without it the bucket's own default holds. Holds credentials: never log it."""
    if not url.startswith("s3://"):
        return {}
    options = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ALLOW_HTTP": "true" if endpoint.startswith("http://") else "",
        "AWS_SERVER_SIDE_ENCRYPTION": encryption,
        "AWS_SSE_KMS_KEY_ID": kms_key,
        "AWS_SSE_BUCKET_KEY_ENABLED": "true" if encryption == "aws:kms" else "",
    }
    return {name: value for name, value in options.items() if value}
