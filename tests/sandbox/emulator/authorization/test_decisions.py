"""What was decided can be asked for: the source from which policies are made that allow exactly what a run needs."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.emulator.authorization.decisions import MAXIMUM, Decisions
from sandbox.emulator.authorization.need import Need
from tests.sandbox.emulator.conftest import Server
from tests.sandbox.emulator.people import MANAGEMENT, People, allow, trust


def found(aws: Server, principal: str) -> list[dict[str, Any]]:
    answer = aws.control("GET", "authorizations")
    assert answer["dropped"] == 0
    return [entry for entry in answer["decisions"] if entry["principal"].endswith(principal)]


def test_distinct_decisions_are_counted(aws: Server, people: People) -> None:
    keys = people.user("ada", allow("organizations:*"))
    role = people.role("Role", trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    aws.control("POST", "authorizations/reset")
    organizations = aws.client("organizations", keys)
    for _again in range(2):
        with pytest.raises(ClientError):
            organizations.list_roots()
    assert not people.may(keys, role, ExternalId="xyz")
    entries = [(entry["action"], entry["allowed"], entry["times"]) for entry in found(aws, "user/ada")]
    assert entries == [("organizations:ListRoots", True, 2), ("sts:AssumeRole", False, 1)]
    assume = found(aws, "user/ada")[1]
    assert assume["resource"] == role
    assert assume["condition_keys"] == ["sts:ExternalId", "sts:RoleSessionName"]
    aws.control("POST", "authorizations/reset")
    assert found(aws, "user/ada") == []


def test_the_sessions_of_a_role_are_one_principal(aws: Server, people: People) -> None:
    role = people.role("Role", trust(f"arn:aws:iam::{MANAGEMENT}:root"))
    aws.control("POST", "authorizations/reset")
    for name in ("first", "second"):
        keys = aws.client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        with pytest.raises(ClientError):
            aws.client("iam", keys).list_users()
    assert [(entry["principal"], entry["times"]) for entry in found(aws, "role/Role")] == [(role, 2)]


def test_there_is_an_end_to_what_is_kept() -> None:
    decisions = Decisions()
    for number in range(MAXIMUM + 3):
        decisions.add("arn", Need("a:B", str(number)), True)
    decisions.add("arn", Need("a:B", "0"), True)
    answer = decisions.describe()
    assert (len(answer["decisions"]), answer["dropped"]) == (MAXIMUM, 3)
    assert next(entry["times"] for entry in answer["decisions"] if entry["resource"] == "0") == 2
    decisions.clear()
    assert decisions.describe() == {"decisions": [], "dropped": 0}
