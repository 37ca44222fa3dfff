"""What no layer can hold is named, and what a layer holds is not."""

from automation.adoption.snapshot import Snapshot
from automation.adoption.staying import staying
from automation.inventory.identities import Identities, Principal
from automation.inventory.organization import Member, Organization, Unit

ROOT = Unit("r-root", "")


def said(**found: object) -> str:
    organization = Organization(
        "o-example123",
        ROOT,
        members=(Member("000000000001", "Logs", "logs@example.com", ROOT),),
        delegates=(("000000000001", "config.amazonaws.com"),),
    )
    return "\n".join(staying(Snapshot(organization, "123456789012", "eu-central-1", **found)))  # type: ignore[arg-type]


def test_what_the_layers_hold_is_not_named() -> None:
    users = (Principal("ada", ("developers",)), Principal("eve", ("admins",)))
    groups = tuple(map(Principal, ("admins", "developers", "mfa-enrolment")))
    identities = Identities(users, groups, (Principal("cicd-automation"),))
    lines = said(identities=identities, users=({"UserName": "ada", "Path": "/"},)).splitlines()
    assert [line.partition(";")[0] for line in lines] == [
        "delegated administrator of config.amazonaws.com: Logs (000000000001)",
        "users of the management account: eve",
        "groups of the management account: admins",
        "roles of the management account that have names of this project: cicd-automation",
    ]
    # One of the group cannot be made as it is, so that others go on making all of them.
    text = said(identities=identities, users=({"UserName": "ada", "Path": "/people/"},))
    assert "users of the management account: ada, eve" in text
