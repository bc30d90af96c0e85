"""The account's registry, ECR."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_OLD = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "what nothing names any more; digests that a stage may go back to stay for months",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 180,
            },
            "action": {"type": "expire"},
        }
    ]
}


@dataclass(frozen=True, slots=True)
class Registry:
    """`client` is boto3's for `ecr`."""

    client: Any

    def login(self) -> tuple[str, str, str]:
        """Return host, user and a password that holds for twelve hours. Errors: botocore's."""
        given = self.client.get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
        return str(given["proxyEndpoint"]).removeprefix("https://"), user, password

    def ensure(self, repository: str) -> None:
        """Make the repository if there is none: scanned at each push, and without images that were left behind."""
        try:
            self.client.describe_repositories(repositoryNames=[repository])
            return
        except ClientError as error:
            if error.response["Error"]["Code"] != "RepositoryNotFoundException":
                raise
        self.client.create_repository(
            repositoryName=repository, imageScanningConfiguration={"scanOnPush": True}, tags=_tags()
        )
        self.client.put_lifecycle_policy(repositoryName=repository, lifecyclePolicyText=json.dumps(_OLD))

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest under which a tag was pushed. Errors: botocore's, when it was not."""
        (found,) = self.client.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
        return str(found["imageDigest"])


def _tags() -> list[dict[str, str]]:
    return [{"Key": "project", "Value": "lorechat"}]
