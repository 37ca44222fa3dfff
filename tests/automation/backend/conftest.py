"""Three kinds of backends: a folder, a bucket of S3, and Pulumi Cloud."""

import os
import uuid
from collections.abc import Iterator

import pytest

from bench.s3 import KEYS, Server, served
from tests import pulumi_cloud
from tests.pulumi_cloud import Cloud

OWNER = "acme"
"""The organization in Pulumi Cloud."""

TOKENS = {"here": "pul-1", "colleague": "pul-2"}
"""The access tokens of those who are at work."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The S3 of all tests in this folder."""
    with served(tmp_path_factory.mktemp("s3")) as made:
        yield made


@pytest.fixture
def bucket(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a backend in a bucket of its own, for which there are credentials."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    # The user's own configuration is none of a test's.
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    return server.bucket(f"state-{uuid.uuid4().hex}")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An empty Pulumi Cloud, as the backend, with two organizations of two people."""
    with pulumi_cloud.served(OWNER, "other", users={token: who for who, token in TOKENS.items()}) as made:
        monkeypatch.setenv("PULUMI_BACKEND_URL", made.url)
        monkeypatch.setenv("PULUMI_ACCESS_TOKEN", TOKENS["here"])
        yield made
