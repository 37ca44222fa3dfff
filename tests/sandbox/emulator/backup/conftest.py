"""Accounts for the tests of AWS Backup."""

import pytest

from tests.sandbox.emulator.backup.accounts import Backups
from tests.sandbox.emulator.conftest import Organization


@pytest.fixture
def backups(organization: Organization) -> Backups:
    return Backups(organization)
