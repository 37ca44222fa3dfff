"""The evaluator of npm, and the policies that it decides about."""

import pytest

from tests.npm import installed
from tests.security.organization import Organization, from_programs
from tests.security.principals import Cast
from tests.security.simulation import FOLDER


@pytest.fixture(scope="session")
def node() -> str:
    return installed(FOLDER, "iam-simulate cannot decide")


@pytest.fixture(scope="session")
def organization() -> Organization:
    return from_programs()


@pytest.fixture(scope="session")
def cast(organization: Organization) -> Cast:
    return Cast(organization)
