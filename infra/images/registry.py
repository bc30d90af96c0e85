"""The account's registry, ECR."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_INDEX_OF = {
    "application/vnd.docker.distribution.manifest.v2+json": "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json": "application/vnd.oci.image.index.v1+json",
}
"""What holds several images of a kind."""

_PLATFORM = {"ARM64": "arm64", "X86_64": "amd64"}

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

    def join(self, repository: str, digests: Mapping[str, str], tag: str) -> str:
        """Make one image of those of single architectures, given by digest, and return its digest. What runs takes its
        own architecture out of it. Errors: botocore's; ValueError for what is no image of a single architecture."""
        parts = [self._part(repository, digest, architecture) for architecture, digest in digests.items()]
        kind = _INDEX_OF.get(parts[0]["mediaType"])
        if kind is None:
            raise ValueError(f"{repository}: {parts[0]['mediaType']} is no image of a single architecture")
        index = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": parts}, separators=(",", ":"))
        digest = f"sha256:{hashlib.sha256(index.encode()).hexdigest()}"
        with suppress(self.client.exceptions.ImageAlreadyExistsException):  # this very index, by a run before
            self.client.put_image(
                repositoryName=repository, imageManifest=index, imageManifestMediaType=kind, imageTag=tag
            )
        return digest

    def _part(self, repository: str, digest: str, architecture: str) -> dict[str, Any]:
        found = self.client.batch_get_image(
            repositoryName=repository,
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=list(_INDEX_OF),
        )["images"]
        if not found:
            raise ValueError(f"{repository}@{digest} is not in the registry, or no image of a single architecture")
        manifest = str(found[0]["imageManifest"])
        kind = found[0].get("imageManifestMediaType") or json.loads(manifest).get("mediaType", "")
        platform = {"os": "linux", "architecture": _PLATFORM[architecture]}
        return {"mediaType": kind, "digest": digest, "size": len(manifest.encode()), "platform": platform}


def _tags() -> list[dict[str, str]]:
    return [{"Key": "project", "Value": "lorechat"}]
