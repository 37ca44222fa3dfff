"""Which things in an organization are in no stack, and what is said of each."""

from typing import Any

import pytest

from automation.inventory import declared as state_types
from automation.inventory.declared import declared
from automation.inventory.foreign import Naming, account_name, foreign_identities, foreign_in_organization
from automation.inventory.foreign import without_ignored as without
from automation.inventory.identities import Identities, Principal
from automation.inventory.organization import Member, Organization, Policy, Unit
from automation.results import Foreign
from shared.layers import StackId

ROOT = Unit("r-1", "")
DEVELOPMENT = Unit("ou-dev", "Development")
LEGACY = Unit("ou-legacy", "Legacy")
OLD = Unit("ou-old", "Legacy/Old", LEGACY.within)
SERVICES = ("backup.amazonaws.com", "sso.amazonaws.com")
SCP = "SERVICE_CONTROL_POLICY"
ORG, IDENTITY, POLICIES, SHOP = (
    StackId("org", "prod"),
    StackId("identity", "prod"),
    StackId("policies", "prod"),
    StackId("accounts", "prod", "shop"),
)
NAMING = Naming("prod", {"waiting@example.com": "waiting"}, {"shop", "waiting"})


def resource(kind: str, identity: str, called: str = "z", **inputs: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:x::y::{kind}::{called}", "type": kind, "id": identity, "custom": True, "inputs": inputs}


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"deployment": {"resources": list(resources)}}


STATES = {
    ORG: state(
        resource(
            "aws:organizations/organization:Organization", "o-1", awsServiceAccessPrincipals=["backup.amazonaws.com"]
        ),
        resource("aws:organizations/organizationalUnit:OrganizationalUnit", "ou-dev", "Development"),
        resource(state_types.DELEGATE, "111111111111/ram.amazonaws.com"),
    ),
    IDENTITY: state(
        resource("aws:iam/user:User", "ada"),
        resource("aws:iam/user:User", "cicd-automation"),
        resource("aws:iam/userPolicy:UserPolicy", "cicd-automation:AssumeAutomationRole"),
        resource("aws:iam/group:Group", "developers"),
        resource("aws:iam/groupPolicy:GroupPolicy", "developers:AssumeDeveloperRole"),
        resource("aws:iam/userGroupMembership:UserGroupMembership", "x", user="ada", groups=["developers"]),
    ),
    POLICIES: state(
        resource("aws:organizations/policy:Policy", "p-own"),
        resource("aws:organizations/policyAttachment:PolicyAttachment", "ou-dev:p-own"),
    ),
    SHOP: state(
        resource("aws:organizations/account:Account", "111111111111"),
        resource("aws:iam/role:Role", "DeveloperRole"),
    ),
}
KNOWN = declared(STATES)
OWN = Policy("p-own", "Guardrails-Development-1", SCP, ("ou-dev",))


def organization(**more: Any) -> Organization:
    """What the stacks have, and what else is given."""
    made: dict[str, Any] = {
        "units": (DEVELOPMENT,),
        "members": (Member("111111111111", "Shop", "shop@example.com", DEVELOPMENT),),
        "policies": (OWN,),
        "services": ("backup.amazonaws.com",),
        **more,
    }
    return Organization("o-1", ROOT, **made)


def found(**more: Any) -> list[Foreign]:
    return foreign_in_organization(organization(**more), KNOWN, NAMING, create=True)


def identities(external: bool = False, **more: Any) -> list[Foreign]:
    made = {
        "users": (
            Principal("ada", ("developers",)),
            Principal("cicd-automation", inline=("AssumeAutomationRole",)),
        ),
        "groups": (Principal("developers", inline=("AssumeDeveloperRole",)),),
        **more,
    }
    return foreign_identities(Identities(**made), KNOWN, NAMING, lambda user: f"delete {user.name}", external=external)


def test_what_stacks_have_is_not_foreign() -> None:
    assert found() == []
    assert identities() == []


def test_a_closed_account_is_nothing_to_adopt_or_remove() -> None:
    for account_state in ("SUSPENDED", "PENDING_CLOSURE", "CLOSED"):
        assert found(members=(Member("222222222222", "Stray", "s@example.com", DEVELOPMENT, account_state),)) == []


def test_accounts() -> None:
    stray = Member("222222222222", "WebShopAccount", "web@example.com", DEVELOPMENT)
    (thing,) = found(members=(stray,))
    assert str(thing) == (
        "account WebShopAccount in Development (222222222222); "
        "adopt: invoke add-account web-shop --email web@example.com --ou Development --display-name WebShopAccount "
        "--env prod (with the tags of the OU), then invoke import accounts/web-shop 222222222222 --env prod; "
        "remove: aws organizations close-account --account-id 222222222222"
    )
    (thing,) = found(members=(Member("222222222222", "Stray", "WAITING@example.com", DEVELOPMENT),))
    assert thing.adopt == "invoke import accounts/waiting 222222222222 --env prod"
    (thing,) = found(members=(Member("222222222222", "Stray", "s@example.com", ROOT),))
    assert thing.name == "Stray in the root"
    assert str(thing.adopt).startswith("invoke add-account stray --email s@example.com --ou / --display-name Stray ")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WebShopAccount", "web-shop"),
        ("Log Archive (old)", "log-archive-old"),
        ("SHOP", "account-222222222222"),  # `shop` is taken
        ("Account", "account-222222222222"),
        ("倉庫", "account-222222222222"),
    ],
)
def test_an_account_gets_a_name_that_is_free_and_allowed(name: str, expected: str) -> None:
    assert account_name(Member("222222222222", name, "x@example.com", ROOT), {"shop"}) == expected


def test_units_innermost_first() -> None:
    member = Member("222222222222", "Stray", "s@example.com", OLD)
    account, inner, outer = found(units=(DEVELOPMENT, LEGACY, OLD), members=(member,))
    assert (inner.name, outer.name, account.kind) == ("Legacy/Old", "Legacy", "account")
    assert inner.adopt == ("put it into org:organizationalUnits, then invoke import org:Legacy/Old ou-old --env prod")
    delete = "aws organizations delete-organizational-unit --organizational-unit-id"
    assert inner.remove == f"once it is empty (in it: 1 account, 0 OUs), {delete} ou-old"
    assert outer.remove == f"once it is empty (in it: 0 accounts, 1 OU), {delete} ou-legacy"
    (empty,) = found(units=(DEVELOPMENT, LEGACY))
    assert empty.remove == f"{delete} ou-legacy"


def test_an_ou_that_was_renamed_keeps_its_key_in_what_is_said_of_those_in_it() -> None:
    renamed = Unit("ou-dev", "Engineering")
    below = Unit("ou-below", "Engineering/Team A", renamed.within)
    account, unit = found(units=(renamed, below), members=(Member("222222222222", "Stray", "s@example.com", renamed),))
    assert unit.adopt == (
        "put it into org:organizationalUnits, then invoke import 'org:Development/Team A' ou-below --env prod"
    )
    assert "--ou Development --display-name Stray" in str(account.adopt)


def test_policies_and_attachments() -> None:
    by_hand = Policy("p-hand", "ByHand", SCP, ("ou-dev", "r-1"))
    own = Policy("p-own", "Guardrails-Development-1", SCP, ("ou-dev", "111111111111"))
    attachment, policy = found(policies=(own, by_hand))
    assert (attachment.name, attachment.id) == ("of policy Guardrails-Development-1 to Shop", "111111111111:p-own")
    assert attachment.remove == "aws organizations detach-policy --policy-id p-own --target-id 111111111111"
    assert policy.name == "ByHand, SERVICE_CONTROL_POLICY, attached to Development, the root"
    assert policy.adopt is None
    assert policy.remove == (
        "aws organizations detach-policy --policy-id p-hand --target-id ou-dev && "
        "aws organizations detach-policy --policy-id p-hand --target-id r-1 && "
        "aws organizations delete-policy --policy-id p-hand"
    )
    (made_here,) = found(policies=(Policy("p-new", "Tags-Development", "TAG_POLICY"),))
    assert made_here.adopt == "invoke import policies:Tags-Development p-new --env prod"


def test_services_and_delegated_administrators() -> None:
    admin, service = found(
        services=SERVICES, delegates=(("111111111111", "sso.amazonaws.com"), ("111111111111", "ram.amazonaws.com"))
    )
    assert str(admin) == (
        "delegated administrator of sso.amazonaws.com: Shop (111111111111/sso.amazonaws.com); "
        "remove: aws organizations deregister-delegated-administrator --account-id 111111111111 "
        "--service-principal sso.amazonaws.com"
    )
    assert str(service) == (
        "trusted service sso.amazonaws.com; adopt: put it into org:additionalTrustedServices, then invoke up org "
        "--env prod; remove: aws organizations disable-aws-service-access --service-principal sso.amazonaws.com"
    )


def test_of_an_organization_that_is_only_looked_up_the_services_are_others_business() -> None:
    known = declared({ORG: state(STATES[ORG]["deployment"]["resources"][1]), POLICIES: STATES[POLICIES]})
    whole = organization(services=SERVICES, members=())
    assert foreign_in_organization(whole, known, NAMING, create=False) == []
    (thing,) = foreign_in_organization(whole, known, NAMING, create=True)
    assert str(thing) == "organization o-1; adopt: invoke import org:organization o-1 --env prod"


def test_users_groups_members_policies_and_roles() -> None:
    things = identities(
        users=(
            Principal("ada", ("developers", "Admins"), attached=("arn:aws:iam::aws:policy/AdministratorAccess",)),
            Principal("eve", ("developers",)),
            Principal("cicd-automation", ("developers",), inline=("AssumeAutomationRole",)),
        ),
        groups=(
            Principal("Admins", attached=("arn:aws:iam::aws:policy/AdministratorAccess",)),
            Principal("developers", inline=("AssumeDeveloperRole", "More")),
        ),
        roles=(Principal("DeveloperRole", inline=("x",)),),
    )
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert [(each.kind, each.name, each.remove) for each in things] == [
        ("user", "eve in group developers", "delete eve"),
        (
            "group",
            "Admins",
            "aws iam remove-user-from-group --group-name Admins --user-name ada && "
            f"aws iam detach-group-policy --group-name Admins --policy-arn {admin} && "
            "aws iam delete-group --group-name Admins",
        ),
        (
            "policy of group developers",
            "More",
            "aws iam delete-group-policy --group-name developers --policy-name More",
        ),
        (
            "member of group developers",
            "cicd-automation",
            "aws iam remove-user-from-group --group-name developers --user-name cicd-automation",
        ),
        ("policy of user ada", admin, f"aws iam detach-user-policy --user-name ada --policy-arn {admin}"),
        # Of the name of a role in member accounts, but here it is in the management account.
        (
            "role",
            "DeveloperRole",
            "aws iam delete-role-policy --role-name DeveloperRole --policy-name x && "
            "aws iam delete-role --role-name DeveloperRole",
        ),
    ]
    assert things[0].adopt == "put it into identity:users, then invoke import identity:eve eve --env prod"


def test_users_that_other_tools_make_are_their_business() -> None:
    users = (Principal("eve", ("developers",)), Principal("ada", inline=("Own",)))
    assert [each.kind for each in identities(external=True, users=users)] == ["policy of user ada"]


def test_the_group_that_the_developers_are_in_can_be_adopted() -> None:
    (group,) = foreign_identities(
        Identities(groups=(Principal("developers"),)), declared({}), NAMING, lambda _user: "", external=True
    )
    assert group.adopt == "invoke import identity:developers developers --env prod"


def test_a_group_of_others_that_a_role_names_is_no_stranger() -> None:
    policy = resource("aws:iam/groupPolicy:GroupPolicy", "sre:AssumeAuditor")
    known = declared({IDENTITY: {"deployment": {"resources": [policy]}}})
    groups = (Principal("sre", inline=("AssumeAuditor", "TheirOwn")), Principal("others"))
    made = foreign_identities(Identities(groups=groups), known, NAMING, lambda _user: "", external=False)
    assert [(each.kind, each.name) for each in made] == [("group", "others")]


def test_a_role_for_tokens_that_no_stack_has() -> None:
    left = Principal("cicd-Releaser", inline=("AssumeReleaser",))
    (thing,) = identities(roles=(left,))
    assert (thing.kind, thing.name) == ("role", "cicd-Releaser")
    assert thing.remove == (
        "aws iam delete-role-policy --role-name cicd-Releaser --policy-name AssumeReleaser && "
        "aws iam delete-role --role-name cicd-Releaser"
    )


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        ("222222222222", {"OU", "policy", "attachment", "trusted service", "user"}),
        ("Stray", {"OU", "policy", "attachment", "trusted service", "user"}),
        ("Legacy", {"policy", "attachment", "trusted service", "user"}),
        ("ou-legacy", {"policy", "attachment", "trusted service", "user"}),
        ("Leg*", {"policy", "attachment", "trusted service", "user"}),
        ("p-hand", {"OU", "account", "attachment", "trusted service", "user"}),
        ("ByHand", {"OU", "account", "attachment", "trusted service", "user"}),
        ("Guardrails-*", {"OU", "account", "policy", "trusted service", "user"}),
        ("111111111111", {"OU", "account", "policy", "trusted service", "user"}),
        ("sso.amazonaws.com", {"OU", "account", "policy", "attachment", "user"}),
        ("user/e*", {"OU", "account", "policy", "attachment", "trusted service"}),
        ("*", set()),
    ],
)
def test_what_is_left_alone(entry: str, left: set[str]) -> None:
    things = found(
        units=(DEVELOPMENT, LEGACY),
        members=(Member("222222222222", "Stray", "s@example.com", LEGACY), *organization().members),
        policies=(
            Policy("p-hand", "ByHand", SCP),
            Policy("p-own", "Guardrails-Development-1", SCP, ("ou-dev", "111111111111")),
        ),
        services=SERVICES,
    )
    things += identities(users=(Principal("eve"),))
    kept, unused = without(things, [entry, "nothing/such"])
    assert {each.kind for each in kept} == left
    assert unused == ["nothing/such"]


def test_an_entry_is_of_one_thing() -> None:
    """The name of a user is not the one of a group, an OU's is not the beginning of another's."""
    things = found(units=(DEVELOPMENT, LEGACY, Unit("ou-2", "Legacy2")))
    things += identities(users=(Principal("eve"),), groups=(Principal("eve"),))
    kept, _unused = without(things, ["user/eve", "Legacy"])
    assert [(each.kind, each.name) for each in kept] == [
        ("OU", "Legacy2"),
        ("group", "eve"),
    ]
