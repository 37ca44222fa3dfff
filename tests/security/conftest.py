"""The evaluator of npm, and the policies that it decides about."""

import pytest

from tests.security.installed import node as installed_node
from tests.security.organization import Organization, from_programs
from tests.security.principals import Cast


@pytest.fixture(scope="session")
def node() -> str:
    return installed_node()


@pytest.fixture(scope="session")
def organization() -> Organization:
    return from_programs()


@pytest.fixture(scope="session")
def cast(organization: Organization) -> Cast:
    return Cast(organization)
