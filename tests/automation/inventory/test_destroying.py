"""What keeps an organization from being destroyed is found before anything is."""

from pathlib import Path
from typing import Any

import pytest

from automation import operations
from automation.inventory import destroying
from automation.inventory.organization import Member, Organization, Policy, Unit
from shared.errors import UsageError
from shared.layers import StackId
from tests.automation.fake_engine import FakeRun
from tests.automation.inventory.test_foreign import resource, state

ENV = "prod"
ORG, IDENTITY, SHOP = StackId("org", ENV), StackId("identity", ENV), StackId("accounts", ENV, "shop")
TOP, DEVELOPMENT, OTHER = Unit("r-1", ""), Unit("ou-dev", "Development"), Unit("ou-other", "Other")
BELOW = Unit("ou-below", "Development/Below", DEVELOPMENT.within)
UNIT = resource("aws:organizations/organizationalUnit:OrganizationalUnit", "ou-dev")
ORGANIZATION = resource("aws:organizations/organization:Organization", "o-1")
OWN = Member("111111111111", "Shop", "shop@example.com", DEVELOPMENT)


def member(unit: Unit, now: str = "ACTIVE") -> Member:
    return Member("222222222222", "Stray", "stray@example.com", unit, now)


def made(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    create: bool = True,
    close: bool = False,
    **found: Any,
) -> FakeRun:
    """A run over an organization that has what is given besides what stacks have."""
    whole: dict[str, Any] = {"units": (DEVELOPMENT,), "members": (OWN,), **found}
    organization = Organization("o-1", TOP, **whole)
    monkeypatch.setattr(destroying, "read_organization", lambda _environment, _root: organization)
    account = resource("aws:organizations/account:Account", OWN.id, closeOnDeletion=close)
    states = {ORG: state(UNIT, *([ORGANIZATION] if create else [])), IDENTITY: state(), SHOP: state(account)}
    return FakeRun(root, [ORG, IDENTITY, SHOP], states)


def destroy(fake: FakeRun, *chosen: StackId) -> int:
    return operations.destroy(
        fake.run, chosen or fake.run.stacks, include_protected=True, confirm=ENV, yes=True, interactive=False
    )


IN_THE_WAY: dict[str, tuple[bool, dict[str, Any], str]] = {
    "an account in an OU that stays": (
        True,
        {"members": (OWN, member(OTHER))},
        "account Stray in Other (222222222222)",
    ),
    "an account in the root": (True, {"members": (OWN, member(TOP))}, "account Stray in the root (222222222222)"),
    "an account in an OU": (False, {"members": (member(DEVELOPMENT),)}, "account Stray in Development (222222222222)"),
    "an account further down": (False, {"members": (member(BELOW),)}, "account Stray in Development/Below (22222222"),
    "an OU": (True, {"units": (DEVELOPMENT, OTHER)}, "OU Other (ou-other); adopt"),
    "an OU in an OU": (False, {"units": (DEVELOPMENT, BELOW)}, "OU Development/Below (ou-below); adopt"),
    "a policy": (True, {"policies": (Policy("p-1", "Hand", "TAG_POLICY"),)}, "policy Hand, TAG_POLICY, attached to no"),
    "a delegated administrator": (True, {"delegates": ((OWN.id, "sso.amazonaws.com"),)}, "deregister-delegated-"),
    "a closed account": (
        True,
        {"members": (member(TOP, "CLOSED"),)},
        "account Stray (222222222222) is CLOSED: AWS rem",
    ),
    "a closed account in an OU": (
        False,
        {"members": (member(BELOW, "SUSPENDED"),)},
        "--account-id 222222222222 --source-parent-id ou-below --destination-parent-id r-1",
    ),
    "an account that would be closed": (
        False,
        {"close": True},
        "accounts/shop: accounts:closeOnDeletion is true, so a",
    ),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_it_is_named_before_anything_is_destroyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    create, found, message = IN_THE_WAY[what]
    fake = made(tmp_path, monkeypatch, create=create, **found)
    with pytest.raises(UsageError, match="nothing was destroyed: org cannot be destroyed because of these") as error:
        destroy(fake)
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 3
    assert f"invoke destroy-all --layer accounts --layer identity --env {ENV}" in str(error.value)
    assert fake.engine.done == []
    # Without the organization, the rest can go.
    assert destroy(fake, IDENTITY, SHOP) == 0


@pytest.mark.parametrize(
    ("create", "found"),
    [
        (True, {}),
        (True, {"services": ("sso.amazonaws.com",)}),
        (False, {"members": (OWN, member(OTHER)), "units": (DEVELOPMENT, OTHER)}),
        (False, {"members": (OWN, member(OTHER, "CLOSED"))}),
        (False, {"policies": (Policy("p-1", "Hand", "TAG_POLICY", ("r-1",)),)}),
    ],
)
def test_what_aws_does_not_mind_is_not_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, create: bool, found: dict[str, Any]
) -> None:
    fake = made(tmp_path, monkeypatch, create=create, **found)
    assert destroy(fake) == 0
    assert "destroy org" in fake.engine.done


def test_an_organization_that_is_not_deployed_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = made(tmp_path, monkeypatch, members=(member(TOP),))
    fake.engine.states[ORG] = state()
    assert destroy(fake) == 0
