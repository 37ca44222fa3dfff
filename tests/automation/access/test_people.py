"""People of IAM Identity Center in the snapshot, and what a change of their permission sets and assignments flips."""

import json
from typing import Any

from automation.access import matrix
from automation.access.callers import find, of_role
from automation.access.command import compare, lines_of
from automation.access.decisions import Target, answer
from automation.access.documents import snapshot_of
from automation.access.matrix import Entry
from automation.access.resources import Resource
from automation.access.snapshot import Snapshot
from automation.page.command import tree
from shared.layers import StackId
from shared.policy_documents.iam import allow, document
from stacks.accounts.iam_policies import trust_policy
from stacks.identity.iam_policies import assume_role_policy, permission_set_roles
from tests.automation.access.test_documents import ALLOW, IDENTITY, ORG, SHOP, organization, resource

BUILDERS, AUDIT = "arn:aws:sso:::permissionSet/ssoins-1/ps-1", "arn:aws:sso:::permissionSet/ssoins-1/ps-2"
MANAGEMENT, ACCOUNT = "111111111111", "222222222222"
SSO = "ssoadmin/"


def part(kind: str, name: str, arn: str, /, **more: Any) -> Resource:
    return resource(f"{SSO}{kind[0].lower()}{kind[1:]}:{kind}", name, permissionSetArn=arn, **more)


def made(name: str, arn: str) -> Resource:
    return Resource(
        "aws:ssoadmin/permissionSet:PermissionSet",
        name,
        f"{arn},arn:aws:sso:::instance/ssoins-1",
        {"name": name, "sessionDuration": "PT8H", "region": "eu-central-1"},
    )


def assignment(group: str, name: str, arn: str, account: str = ACCOUNT) -> Resource:
    return part("AccountAssignment", f"{name}-{group}", arn, targetId=account, principalId="g-1", region="eu-central-1")


def center(
    *assignments: Resource, actions: tuple[str, ...] = ("s3:*",), bounded: bool = True
) -> dict[StackId, list[Resource]]:
    """The organization with the permission set Builders: some actions, ReadOnlyAccess, and the account's policy B."""
    stacks = organization()
    bound = {"customerManagedPolicyReference": {"name": "B", "path": "/"}}
    text = json.dumps(document(allow([*actions], "*")))
    stacks[IDENTITY] += [
        made("Builders", BUILDERS),
        part("PermissionSetInlinePolicy", "Builders", BUILDERS, inlinePolicy=text),
        part(
            "ManagedPolicyAttachment", "Builders-R", BUILDERS, managedPolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
        ),
        *([part("PermissionsBoundaryAttachment", "Builders", BUILDERS, permissionsBoundary=bound)] if bounded else []),
    ]
    stacks[SHOP] += list(assignments)
    return stacks


ASSIGNED = assignment("builders", "Builders", BUILDERS)


def snapshot(stacks: dict[StackId, list[Resource]]) -> Snapshot:
    return snapshot_of(stacks, lambda _arn: document(allow("ec2:Describe*", "*")))


def test_the_role_of_a_permission_set_has_its_policies_and_its_boundary() -> None:
    found = snapshot(center(ASSIGNED, assignment("helpers", "Builders", BUILDERS)))
    shop = found.account("shop")
    assert shop
    role = shop.role("permission set Builders")
    assert role
    assert role.arn == (
        f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Builders_{'0' * 16}"
    )
    assert [each.name for each in role.policies] == ["AwsSSOInlinePolicy", "ReadOnlyAccess"]
    assert role.boundary
    assert (role.boundary.name, role.boundary.document, role.session) == ("B", ALLOW, 8 * 3600)
    assert role.groups == ("builders", "helpers")
    assert found.unread == ()


def test_without_an_assignment_there_is_no_such_role() -> None:
    found = snapshot(center())
    assert all("permission set" not in role.name for account in found.accounts for role in account.roles)


def test_a_policy_of_the_account_may_be_what_it_may_do() -> None:
    stacks = center(ASSIGNED)
    reference = {"name": "B", "path": "/"}
    own = part("CustomerManagedPolicyAttachment", "Builders", BUILDERS, customerManagedPolicyReference=reference)
    stacks[IDENTITY].append(own)
    role = snapshot(stacks).accounts[1].role("permission set Builders")
    assert role
    assert [each.name for each in role.policies] == ["AwsSSOInlinePolicy", "B", "ReadOnlyAccess"]
    # One that is not there is said to be missing.
    reference["name"] = "C"
    assert snapshot(stacks).unread == ("the policy C of accounts/shop",)


def test_what_it_may_do_is_bounded() -> None:
    found = snapshot(center(ASSIGNED, actions=("s3:*", "sqs:*")))
    caller = find(found, "permission set Builders", "shop")
    assert caller == find(found, caller.principal.arn, None)
    may = {
        action: answer(_request(action), caller, Target(ACCOUNT)).allowed
        for action in ("s3:GetObject", "sqs:SendMessage", "ec2:DescribeRegions")
    }
    assert may == {"s3:GetObject": True, "sqs:SendMessage": False, "ec2:DescribeRegions": False}
    free = snapshot(center(ASSIGNED, actions=("sqs:*",), bounded=False))
    assert answer(_request("sqs:SendMessage"), find(free, "permission set Builders", "shop"), Target(ACCOUNT)).allowed


def _request(action: str) -> Any:
    from shared.policy_evaluation.evaluation import Request

    return Request(action, "*")


def test_who_signs_in_with_it() -> None:
    found = snapshot(center(ASSIGNED))
    assert Entry("group builders", "permission set Builders", "shop") in matrix.who(found)
    # Nobody else does, and it becomes nothing else.
    assert {each.principal for each in matrix.who(found) if each.role.startswith("permission")} == {"group builders"}
    (account,) = tree(found).units[0].units[0].accounts
    (role,) = [each for each in account.roles if each.name.startswith("permission set")]
    assert [each.principal for each in role.reached_by] == ["group builders"]


def test_a_group_of_a_role_comes_from_the_management_account() -> None:
    """As `identity:roles.Auditor.identityCenterGroup` makes it."""
    stacks = organization()
    text = json.dumps(assume_role_policy("Auditor"))
    stacks[IDENTITY] += [
        made("AssumeAuditor", AUDIT),
        part("PermissionSetInlinePolicy", "AssumeAuditor", AUDIT, inlinePolicy=text),
        assignment("auditors", "AssumeAuditor", AUDIT, MANAGEMENT),
    ]
    sets = permission_set_roles(MANAGEMENT, "AssumeAuditor")
    for name in ("Auditor", "Other"):
        trust = json.dumps(
            trust_policy([], False, sets if name == "Auditor" else permission_set_roles(MANAGEMENT, "X"))
        )
        role = resource("iam/role:Role", name, name=name, path="/organization/", assumeRolePolicy=trust)
        stacks[SHOP].append(role)
    entries = matrix.who(snapshot(stacks))
    assert Entry("group auditors", "permission set AssumeAuditor", "management") in entries
    mine = [each for each in entries if each.principal == "permission set AssumeAuditor"]
    assert mine == [Entry("permission set AssumeAuditor", "Auditor", "shop")]
    assert ORG in stacks


def test_what_a_changed_permission_set_flips() -> None:
    before, after = snapshot(center(ASSIGNED)), snapshot(center(ASSIGNED, actions=("s3:Get*",)))
    (flip,) = compare(before, after).decisions.flips
    assert flip.principals == ("permission set Builders",)
    assert flip.accounts == ("shop",)
    assert not flip.allowed
    assert "s3:PutObject" in flip.actions
    assert "s3:GetObject" not in flip.actions


def test_what_a_changed_assignment_flips() -> None:
    found = compare(snapshot(center(ASSIGNED)), snapshot(center(assignment("helpers", "Builders", BUILDERS))))
    assert found.decisions.flips == ()
    assert lines_of(found) == [
        "group builders loses permission set Builders in shop",
        "group helpers gains permission set Builders in shop",
    ]
    gone = lines_of(compare(snapshot(center(ASSIGNED)), snapshot(center())))
    assert gone == ["group builders loses permission set Builders in shop", "gone: permission set Builders in shop"]


def test_its_session_is_called_as_aws_calls_it() -> None:
    found = snapshot(center(ASSIGNED))
    shop = found.account("shop")
    role = shop.role("permission set Builders") if shop else None
    assert shop
    assert role
    arn = of_role(found, shop, role).principal.arn
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Builders_{'0' * 16}/session"
