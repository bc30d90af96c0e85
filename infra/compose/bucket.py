"""Make the bucket of the local stack once the object store answers. Runs in a container of compose.yaml."""

from __future__ import annotations

import os
import time
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_SECONDS = 300


def main() -> None:
    bucket = urlsplit(os.environ["LORECHAT_LAKE"]).netloc
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=os.environ["LORECHAT_S3_ENDPOINT"],
        aws_access_key_id=os.environ["LORECHAT_S3_ACCESS_KEY_ID"],
        aws_secret_access_key=os.environ["LORECHAT_S3_SECRET_ACCESS_KEY"],
    )
    until = time.monotonic() + _SECONDS
    while True:
        try:
            if bucket not in {found["Name"] for found in client.list_buckets()["Buckets"]}:
                client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key="lake/.ready", Body=b"")  # disks come up after the door
            return
        except (BotoCoreError, ClientError):
            if time.monotonic() > until:
                raise
            time.sleep(1)


if __name__ == "__main__":
    main()
