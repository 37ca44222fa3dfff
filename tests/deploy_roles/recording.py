"""Does the teams' work and records which actions each command asked for, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from shared.layers import LAYERS
from tests.configuration import MANAGEMENT_ACCOUNT, write_production
from tests.deploy_roles.documents import KINDS, Recording
from tests.deploy_roles.work import ISSUER, KEPT, TEAMS, Work, identity_center
from tests.e2e import accidents
from tests.e2e.project import REGION, Project

SignIn = Callable[[str, str], str]
"""Layer and kind of role → the shell's line that signs in with it; empty for the administrator."""


class Recorder:
    """Runs commands, each signed in as its role, and keeps what the emulated AWS decided on."""

    def __init__(self, project: Project, sign_in: SignIn) -> None:
        self.project = project
        self.sign_in = sign_in
        self.refused: list[str] = []
        self._found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def run(self, layer: str, kind: str, command: str, expect: int = 0) -> str:
        """The command's output."""
        line = self.sign_in(layer, kind)
        accidents.control(self.project, "POST", "authorizations/reset", {})
        output = self.project.shell(f"{line}\n{command}", expect=expect).output
        answer = accidents.control(self.project, "GET", "authorizations")
        assert answer["dropped"] == 0
        for decision in answer["decisions"]:
            self._add(layer, kind, command, decision)
        return output

    def _add(self, layer: str, kind: str, command: str, decision: Mapping[str, Any]) -> None:
        if not decision["allowed"] and not _of_a_closed_region(decision):
            self.refused.append(f"{command}: {decision['principal']} {decision['action']} {decision['resource']}")
        inside = decision["principal"].split(":")[4] != MANAGEMENT_ACCOUNT
        self._found[f"{layer}.{kind}"]["member" if inside else "management"].add(decision["action"])

    @property
    def recording(self) -> Recording:
        """What was recorded."""
        return {f"{layer}.{kind}": self._found[f"{layer}.{kind}"] for layer in LAYERS for kind in KINDS}


def _of_a_closed_region(decision: Mapping[str, Any]) -> bool:
    """Whether a preview looked into a region that the policies close to everybody but the access role. It goes on
    without that region: see `stacks.accounts.default_vpc_calls`."""
    principal, action = decision["principal"], decision["action"]
    return bool(principal.endswith(":role/PreviewRole") and action == "ec2:DescribeVpcs")


def begin(project: Project) -> None:
    """What an administrator does once: the organization, and the identity layer with everybody's roles."""
    project.invoke("sandbox.start")
    write_production(project.root)
    oidc = {"issuer": ISSUER, "audience": "sts.amazonaws.com", "subjects": ["repo:acme/infrastructure:*"]}
    ada = {"people": ["ada"], "subjects": ["repo:acme/infrastructure:ref:refs/heads/main"]}
    roles = {layer: dict.fromkeys(KINDS, ada) for layer in LAYERS}
    project.configure("identity/Pulumi.prod.yaml", automation="oidc", oidc=oidc, deployRoles=roles)
    project.aws("iam").create_user(UserName="eve")
    project.aws("iam").create_access_key(UserName="eve")
    units = ["Development", "Quiet"]
    project.configure("org/Pulumi.prod.yaml", organizationalUnits=units, additionalTrustedServices=KEPT)
    project.shell("invoke deploy-all --layer org --layer identity --yes --env prod")
    # The console enables Identity Center, and an identity provider brings a group.
    center = accidents.control(project, "POST", "identity-center", {"region": REGION})
    project.aws("identitystore").create_group(IdentityStoreId=center["identity_store_id"], DisplayName="auditors")
    project.configure("identity/Pulumi.prod.yaml", identityCenter=identity_center("ada"))
    project.shell("invoke up identity --yes --env prod")


def record(project: Project, sign_in: SignIn) -> Recorder:
    """Do all the work, after `begin`."""
    recorder = Recorder(project, sign_in)
    work = Work(project, recorder.run)
    for team in TEAMS.values():
        team(work)
    return recorder
