"""The snapshot that is made of the stacks' resources."""

import json
from typing import Any

from automation.access.documents import resources_of_state, snapshot_of
from automation.access.resources import STACK, Resource
from automation.access.snapshot import BACKUP, ROOT, SERVICE_CONTROL, TAG
from shared.layers import StackId

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
ORG, IDENTITY, POLICIES = (StackId(layer, "sandbox") for layer in ("org", "identity", "policies"))
SHOP = StackId("accounts", "sandbox", "shop")
UNITS = {"Workloads": "ou-1", "Workloads/Test": "ou-2"}


def resource(kind: str, logical: str, id_: str = "", /, **properties: Any) -> Resource:
    return Resource(kind if kind == STACK else f"aws:{kind}", logical, id_ or logical, properties)


def organization() -> dict[StackId, list[Resource]]:
    """An organization with an account in Workloads/Test, whose DeveloperRole has a policy of each kind."""
    text = json.dumps(ALLOW)
    return {
        ORG: [
            resource(
                STACK, "org", organizationId="o-1", rootId="r-1", managementAccountId="111111111111",
                organizationalUnits=UNITS,
            )
        ],
        IDENTITY: [
            resource("iam/group:Group", "people", name="people"),
            resource("iam/groupPolicy:GroupPolicy", "of-people", name="OfPeople", group="people", policy=text),
            resource("iam/user:User", "ada", name="ada"),
            resource("iam/userPolicy:UserPolicy", "of-ada", name="OfAda", user="ada", policy=text),
            resource("iam/userGroupMembership:UserGroupMembership", "ada", user="ada", groups=["people"]),
        ],
        POLICIES: [
            resource("organizations/policy:Policy", "Rail", "p-1", name="Rail", type=SERVICE_CONTROL, content=text),
            resource("organizations/policy:Policy", "Tags", "p-2", name="Tags", type=TAG, content="{}"),
            resource("organizations/policyAttachment:PolicyAttachment", "a", policyId="p-1", targetId="r-1"),
            resource("organizations/policyAttachment:PolicyAttachment", "b", policyId="p-2", targetId="ou-1"),
            resource("organizations/policyAttachment:PolicyAttachment", "c", policyId="p-1", targetId="222222222222"),
        ],
        SHOP: [
            resource(
                "organizations/account:Account", "account", "222222222222", name="Shop", parentId="ou-2",
                roleName="Admin",
            ),
            resource("iam/policy:Policy", "b", "arn:aws:iam::222222222222:policy/B", name="B", policy=text),
            resource(
                "iam/role:Role", "DeveloperRole", name="DeveloperRole", assumeRolePolicy=text, maxSessionDuration=3600,
                permissionsBoundary="arn:aws:iam::222222222222:policy/B",
            ),
            resource("iam/rolePolicy:RolePolicy", "inline", name="Inline", role="DeveloperRole", policy=text),
            resource(
                "iam/rolePolicyAttachment:RolePolicyAttachment", "b", role="DeveloperRole",
                policyArn="arn:aws:iam::222222222222:policy/B",
            ),
            resource(
                "iam/rolePolicyAttachment:RolePolicyAttachment", "aws", role="DeveloperRole",
                policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess",
            ),
        ],
    }  # fmt: skip


def test_everything_that_decides_is_in_it() -> None:
    found = snapshot_of(organization())
    assert (found.organization, found.root, found.units) == ("o-1", "r-1", UNITS)
    management, shop = found.accounts
    assert (management.id, management.management) == ("111111111111", True)
    ada = management.user("ada")
    assert ada
    assert [each.name for each in ada.policies] == ["OfAda", "OfPeople"]
    assert ada.arn == "arn:aws:iam::111111111111:user/ada"
    assert (shop.name, shop.title, shop.unit, shop.access_role) == ("shop", "Shop", "Workloads/Test", "Admin")
    role = shop.role("developerrole")
    assert role
    assert role.boundary
    assert (role.boundary.name, role.boundary.document, role.session) == ("B", ALLOW, 3600)
    assert [each.name for each in role.policies] == ["B", "Inline"]
    assert found.unread == ("AWS's own policy ReadOnlyAccess",)


def test_the_policies_on_the_way_to_an_account() -> None:
    found = snapshot_of(organization())
    shop = found.account("Shop")
    assert shop is found.account("222222222222")
    assert shop
    assert found.path(shop) == (ROOT, "Workloads", "Workloads/Test", "shop")
    names = [[each.name for each in level] for level in found.levels(shop, SERVICE_CONTROL)]
    assert names == [["Rail"], [], [], ["Rail"]]
    assert [[each.name for each in level] for level in found.levels(shop, TAG)] == [[], ["Tags"], [], []]
    assert found.levels(shop, BACKUP) == ((), (), (), ())
    assert found.org_path(shop) == "o-1/r-1/ou-1/ou-2/"


def test_a_policy_of_aws_is_read_where_it_can_be() -> None:
    found = snapshot_of(organization(), lambda arn: ALLOW if arn.endswith("/ReadOnlyAccess") else None)
    role = found.accounts[1].role("DeveloperRole")
    assert role
    assert [each.name for each in role.policies] == ["B", "Inline", "ReadOnlyAccess"]
    assert found.unread == ()


def test_what_cannot_be_read_is_named() -> None:
    stacks = organization()
    stacks[POLICIES][0] = resource(
        "organizations/policy:Policy", "Rail", "p-1", name="Rail", type=SERVICE_CONTROL, content="encrypted"
    )
    assert "the SERVICE_CONTROL_POLICY Rail of policies" in snapshot_of(stacks).unread


def test_it_is_json() -> None:
    found = json.loads(json.dumps(snapshot_of(organization()).to_json()))
    assert found["attached"]["Workloads"][0] == {"name": "Tags", "kind": TAG, "source": "policies", "document": {}}
    assert found["accounts"][1]["roles"][0]["boundary"]["document"] == ALLOW


def test_what_is_about_to_be_deleted_does_not_count() -> None:
    role = {"type": "aws:iam/role:Role", "urn": "urn:pulumi:s::p::aws:iam/role:Role::R", "id": "R"}
    state = {"deployment": {"resources": [{**role, "delete": True}, {**role, "inputs": {"name": "R"}}, {"type": "x"}]}}
    assert [each.get("name") for each in resources_of_state(state)] == ["R"]
