"""Who may take a role: tokens of GitHub Actions that say the right repository, event, branch and environment."""

from __future__ import annotations

from aws_cdk import aws_iam as iam

from infra.github.github_config import GitHubConfig

ISSUER = "token.actions.githubusercontent.com"


def pull_requests(provider: str, config: GitHubConfig) -> iam.WebIdentityPrincipal:
    """Any pull request of the repository. GitHub gives no token to those that come from forks."""
    return _principal(provider, config, {"sub": f"repo:{config.repository}:pull_request"})


def branch(provider: str, config: GitHubConfig) -> iam.WebIdentityPrincipal:
    """What runs on the deployed branch, outside of environments."""
    ref = f"refs/heads/{config.branch}"
    return _principal(provider, config, {"sub": f"repo:{config.repository}:ref:{ref}", "ref": ref})


def environment(provider: str, config: GitHubConfig, stage: str) -> iam.WebIdentityPrincipal:
    """A job of an environment, and so after its approval, on the deployed branch. With an environment the subject
    names no branch, so the token's own claim of it is asked as well; STS reads that one since January 2026."""
    claims = {
        "sub": f"repo:{config.repository}:environment:{stage}",
        "environment": stage,
        "ref": f"refs/heads/{config.branch}",
    }
    return _principal(provider, config, claims)


def _principal(provider: str, config: GitHubConfig, claims: dict[str, str]) -> iam.WebIdentityPrincipal:
    wanted = {"aud": "sts.amazonaws.com", **claims}
    if config.repository_id:
        wanted["repository_id"] = config.repository_id
    equal = {f"{ISSUER}:{name}": value for name, value in sorted(wanted.items())}
    return iam.WebIdentityPrincipal(provider, {"StringEquals": equal})
