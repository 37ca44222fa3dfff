"""Where an outside system finds the repository and the states."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.errors import UsageError

_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+\Z")
_URL = re.compile(r"(?:https://|ssh://|git@)[^\s]+\Z")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")
_BACKEND = re.compile(r"(?:s3|gs|azblob|https)://\S+\Z")
_ORGANIZATION = re.compile(r"[A-Za-z0-9_-]+\Z")

CLOUD = "https://api.pulumi.com"
"""Pulumi Cloud as a backend."""


@dataclass(frozen=True)
class Source:
    """The options of `invoke workflows` for systems outside of CI.

    `repository` is OWNER/NAME at GitHub or a URL, `organization` that of Pulumi Cloud, `backend` the URL of the states,
    `namespace` that of Kubernetes; `commit` pins what is deployed, and without it the branch `main` is followed.
    """

    repository: str | None = None
    organization: str | None = None
    backend: str | None = None
    namespace: str = "pulumi"
    commit: str | None = None

    def check(self, *values: str) -> None:
        """Raise `UsageError` for the first of these properties whose option is missing or wrong."""
        for value in values:
            getattr(self, value)

    @property
    def github(self) -> str:
        """OWNER/NAME. Raises `UsageError`."""
        return _fits("--repository", self.repository, _REPOSITORY, "OWNER/NAME of GitHub, such as acme/infrastructure")

    @property
    def url(self) -> str:
        """The URL to clone. Raises `UsageError`."""
        if self.repository and _REPOSITORY.match(self.repository):
            return f"https://github.com/{self.repository}"
        return _fits("--repository", self.repository, _URL, "OWNER/NAME of GitHub, or a URL that begins with https://")

    @property
    def cloud_organization(self) -> str:
        """The organization in Pulumi Cloud. Raises `UsageError`."""
        return _fits(
            "--organization", self.organization, _ORGANIZATION, "the organization in Pulumi Cloud, such as acme"
        )

    @property
    def states(self) -> str:
        """The URL of the backend. Raises `UsageError`."""
        backend = self.backend or (CLOUD if self.organization else None)
        known = _fits(
            "--backend", backend, _BACKEND, "a URL that pods reach, such as s3://acme-states?region=eu-west-1"
        )
        if known.startswith("https:") and not self.organization:
            raise UsageError("--backend is Pulumi Cloud and --organization is missing; allowed: the organization there")
        return known

    @property
    def pinned(self) -> str | None:
        """The commit. Raises `UsageError`."""
        return self.commit and _fits("--commit", self.commit, _COMMIT, "the 40 digits of a commit")

    @property
    def kubernetes_namespace(self) -> str:
        """The namespace. Raises `UsageError`."""
        return _fits("--namespace", self.namespace, _LABEL, "the name of a namespace, such as pulumi")


def _fits(option: str, value: str | None, form: re.Pattern[str], allowed: str) -> str:
    if not value:
        raise UsageError(f"{option} is missing; allowed: {allowed}")
    if not form.match(value):
        raise UsageError(f"{option} is {value!r}; allowed: {allowed}")
    return value
