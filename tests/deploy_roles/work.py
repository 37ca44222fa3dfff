"""The work of each layer's team, from the first deployment to the last, as commands with the files that they edit.

Every setting of every layer is changed somewhere (`SETTINGS` is what a test compares with the models), and what others
do to AWS by hand happens in between. The same work is done by an administrator, to record it, and by the roles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from shared.yaml_files import Dumper
from tests.configuration import MANAGEMENT_ACCOUNT
from tests.e2e import accidents
from tests.e2e.project import Project
from tests.stacks.policy_files import write

ENVIRONMENT = "prod"
ISSUER = "https://token.actions.githubusercontent.com"

NAMES = "account.amazonaws.com"
"""Trusted access without which AWS lets the management account change neither names nor addresses of accounts."""

KEPT = [NAMES, "sso.amazonaws.com"]
"""Trusted access that stays, whatever else is turned on and off."""


def identity_center(*builders: str) -> dict[str, Any]:
    """`identity:identityCenter` with these people in the group that works in the accounts of Development."""
    return {
        "users": {name: {"name": f"{name} Example", "email": f"{name}@example.com"} for name in builders},
        "groups": {"builders": {"users": list(builders)}, "auditors": {}},
        "permissionSets": {
            "Developers": {"role": "DeveloperRole"},
            "Auditors": {"actions": ["s3:Get*"], "managedPolicies": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]},
        },
        "assignments": [
            {"group": "builders", "permissionSet": "Developers", "targets": ["Development"]},
            {"group": "auditors", "permissionSet": "Auditors", "targets": ["/"]},
        ],
    }


SETTINGS: dict[str, set[str]] = {}
"""Layer → the settings that the work has changed so far."""


@dataclass
class Work:
    """The commands and the edits of the layers' teams."""

    project: Project
    run: Callable[[str, str, str, int], str]
    """Runs a command as the layer's `deploy` or `preview` role: layer, kind, command, exit code."""

    def deploy(self, layer: str, command: str, expect: int = 0) -> str:
        """A command with the role that deploys the layer."""
        return self.run(layer, "deploy", command, expect)

    def preview(self, layer: str, command: str, expect: int = 0) -> str:
        """A command with the role that previews the layer."""
        return self.run(layer, "preview", command, expect)

    def edit(self, layer: str, account: str | None = None, **keys: Any) -> None:
        """Change settings of a layer or an account; None takes one away."""
        SETTINGS.setdefault(layer, set()).update(keys)
        name = f"{ENVIRONMENT}.{account}" if account else ENVIRONMENT
        self.project.configure(f"{layer}/Pulumi.{name}.yaml", **keys)

    def no_password_policy(self) -> None:
        """Set `identity:passwordPolicy` to null."""
        file = self.project.root / f"stacks/identity/Pulumi.{ENVIRONMENT}.yaml"
        document = yaml.safe_load(file.read_text())
        document["config"]["identity:passwordPolicy"] = None
        file.write_text(yaml.dump(document, Dumper=Dumper))

    def new_account(self, stack: str, **keys: Any) -> None:
        """Write the file of another account."""
        SETTINGS.setdefault("accounts", set()).update(keys)
        like = yaml.safe_load((self.project.root / f"stacks/accounts/Pulumi.{ENVIRONMENT}.developer.yaml").read_text())
        like["config"] = {
            key: value for key, value in like["config"].items() if key.startswith("aws:") or key.endswith(":tags")
        } | {f"accounts:{key}": value for key, value in keys.items()}
        file = self.project.root / f"stacks/accounts/Pulumi.{ENVIRONMENT}.{stack}.yaml"
        file.write_text(yaml.dump(like, Dumper=Dumper, sort_keys=False))

    def policy_file(self, name: str, **keys: Any) -> None:
        """Write a policy file of the environment, of a tag policy."""
        content = {"tags": {"Stage": {"tag_value": {"@@assign": ["one", "two"]}}}}
        write(self.project.root, name, {"type": "tag", "content": content, **keys}, ENVIRONMENT)

    def resource(self, layer: str, name: str) -> dict[str, Any]:
        """A resource in the state of the layer."""
        file = self.project.root / f".sandbox/state/.pulumi/stacks/{layer}/{ENVIRONMENT}.json"
        resources = json.loads(file.read_text())["checkpoint"]["latest"]["resources"]
        return next(each for each in resources if each["urn"].endswith(f"::{name}") and each.get("custom"))

    def id_of(self, layer: str, name: str) -> str:
        """The id of a resource in the state of the layer."""
        return str(self.resource(layer, name)["id"])

    def account_called(self, name: str) -> str:
        """The id of the account that has this name in AWS, which may still be being made."""
        found: list[str] = []

        def made() -> bool:
            listed = self.project.aws("organizations").list_accounts()["Accounts"]
            found.extend(each["Id"] for each in listed if each["Name"] == name)
            return bool(found)

        accidents.until(made)
        return found[0]

    def forget(self, layer: str, name: str) -> None:
        """Take a resource out of the state, as if it had been made by hand."""
        urn = self.resource(layer, name)["urn"]
        command = f"pulumi state delete '{urn}' --force --yes --target-dependents"
        self.project.shell(f"{command} --stack {ENVIRONMENT} --cwd stacks/{layer}")


def looks(work: Work, layer: str, label: str | None = None) -> None:
    """What a team does that changes nothing."""
    name = label or layer
    work.preview(layer, f"invoke preview {name} --force --env prod")
    # Somebody has made a user by hand, whom the comparison of the whole organization finds.
    work.preview(layer, f"invoke drift --only {name} --env prod", 2 if layer == "org" else 0)
    work.preview(layer, f"invoke outputs --only {name} --env prod")
    # It says that the embedded AWS provider is for the sandbox alone.
    work.preview(layer, "invoke doctor --env prod", 1)


def org(work: Work) -> None:
    """OUs that come, change their names and go; trusted access; repairs; an OU that was made by hand."""
    units: list[Any] = ["Development", "Staging", "Temporary/Deep", "Quiet"]
    work.edit(
        "org",
        organizationalUnits=units,
        additionalTrustedServices=[*KEPT, "guardduty.amazonaws.com"],
        policyTypes=["s3"],
        centralizedRootAccess=False,
    )
    work.deploy("org", "invoke up org --yes --env prod")
    work.edit("org", centralizedRootAccess=None)
    units = ["Development", {"key": "Staging", "name": "Stage", "tags": {"Stage": "two"}}, "Temporary/Deep", "Quiet"]
    work.edit("org", organizationalUnits=units, additionalTrustedServices=KEPT, ignore=["Nothing*"])
    work.deploy("org", "invoke up org --yes --env prod")
    aws = work.project.aws("organizations")
    root = aws.list_roots()["Roots"][0]["Id"]
    aws.update_organizational_unit(OrganizationalUnitId=work.id_of("org", "Staging"), Name="Elsewhere")
    aws.disable_policy_type(RootId=root, PolicyType="TAG_POLICY")
    work.preview("org", "invoke drift --only org --env prod", 2)
    work.deploy("org", "invoke refresh-all --only org --env prod")
    manual = aws.create_organizational_unit(ParentId=root, Name="Manual")["OrganizationalUnit"]["Id"]
    work.edit("org", organizationalUnits=[*units, "Manual"])
    work.deploy("org", f"invoke import org:Manual {manual} --yes --env prod")
    work.edit("org", organizationalUnits=["Development", {"key": "Staging", "name": "Stage"}, "Manual", "Quiet"])
    work.deploy("org", "invoke up org --yes --env prod")
    work.edit("org", protect=False)
    work.deploy("org", "invoke up org --yes --env prod")
    work.edit("org", mode="lookup", additionalTrustedServices=None, projectFeatures=False)
    work.preview("org", "invoke preview org --env prod")
    work.edit("org", mode="create", additionalTrustedServices=KEPT, projectFeatures=None)
    looks(work, "org")


def identity(work: Work) -> None:
    """Users who come and go with what they hold, the subjects of CI, passwords, repairs; people of Identity Center."""
    iam = work.project.aws("iam")
    work.edit("identity", users=["ada", "grace", "zoe"], mfaEnrolment=["zoe"], permissionSet="Developers")
    work.deploy("identity", "invoke up identity --yes --env prod")
    iam.create_access_key(UserName="zoe")
    iam.create_login_profile(UserName="zoe", Password="Long-enough-1234")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="zoe")["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    iam.enable_mfa_device(UserName="zoe", SerialNumber=serial, **codes)
    iam.remove_user_from_group(UserName="grace", GroupName="developers")
    work.preview("identity", "invoke drift --only identity --env prod", 2)
    work.deploy("identity", "invoke refresh-all --only identity --env prod")
    oidc = {"issuer": ISSUER, "audience": "sts.amazonaws.com", "subjects": ["repo:acme/other:*"]}
    work.edit("identity", users=["ada", "grace"], mfaEnrolment=["grace"], permissionSet=None)
    work.edit("identity", passwordPolicy={"minimumLength": 20}, oidc=oidc)
    work.deploy("identity", "invoke up identity --yes --env prod")
    work.edit("identity", mfaEnrolment=None, identityCenter=identity_center("ada", "zoe"))
    work.deploy("identity", "invoke up identity --yes --env prod")
    renamed = identity_center("ada")
    renamed["users"]["ada"]["name"] = "Ada Lovelace"
    work.edit("identity", identityCenter=renamed)
    work.deploy("identity", "invoke up identity --yes --env prod")
    work.forget("identity", "grace")
    work.deploy("identity", "invoke import identity:grace grace --yes --env prod")
    work.edit("identity", developerTrust="account")
    work.no_password_policy()
    work.deploy("identity", "invoke up identity --yes --env prod")
    work.edit("identity", passwordPolicy=None, developerTrust=None)
    work.deploy("identity", "invoke up identity --yes --env prod")
    looks(work, "identity")


def policies(work: Work) -> None:
    """Policies that come, change, are imported, repaired and go."""
    work.deploy("policies", "invoke up policies --yes --env prod")
    rule = {"costCenters": ["Development", "Testing", "Staging"]}
    backup = {"organizationalUnits": ["Development"], "primaryRegions": ["us-west-2"], "copyRegion": "us-east-2"}
    regions = {"allowedRegions": ["us-east-1", "us-east-2", "us-west-2"]}
    work.edit(
        "policies",
        tags={"Development": rule, "Staging": rule},
        backup=backup,
        serviceControl={"Development": regions, "Staging": regions},
        accessRoleNames=["OrganizationAccountAccessRole"],
        resourceControl={"trustedAccounts": ["999999999999"]},
        limits={"tag": {"attached": 9}},
        attachedByOthers={"tag": 1},
        vaults={"Default": {"minRetentionDays": 7}},
        bucketBackups=True,
    )
    work.policy_file("stage.yaml", targets=["Staging", MANAGEMENT_ACCOUNT], tags={"Team": "governance"})
    work.preview("policies", "invoke preview policies --env prod")
    work.deploy("policies", "invoke up policies --yes --env prod")
    work.policy_file("stage.yaml", targets=["Staging"], tags={"More": "yes"})
    by_hand = work.id_of("policies", "RootTags")
    work.project.aws("organizations").update_policy(PolicyId=by_hand, Content='{"tags":{}}')
    work.preview("policies", "invoke drift --only policies --env prod", 2)
    work.deploy("policies", "invoke refresh-all --only policies --env prod")
    work.edit("policies", tags={"Development": rule}, serviceControl={"Development": regions})
    work.deploy("policies", "invoke up policies --yes --env prod")
    work.forget("policies", "RootTags")
    work.deploy("policies", f"invoke import policies:RootTags {by_hand} --yes --env prod")
    work.deploy("policies", "invoke up policies --yes --env prod")
    work.edit("policies", vaults=None, bucketBackups=None, rootTags=False)
    work.preview("policies", "invoke preview policies --env prod")
    work.edit("policies", rootTags=None)
    work.deploy("policies", "invoke destroy policies --yes --env prod")
    work.deploy("policies", "invoke up policies --yes --env prod")
    looks(work, "policies")


def accounts(work: Work) -> None:
    """Accounts that are made, changed in every setting, moved, imported, closed, given away and let go."""
    label = "accounts/developer"
    work.preview("accounts", f"invoke preview {label} --env prod")
    work.deploy("accounts", f"invoke up {label} --yes --env prod")
    # With policies and accounts there, the comparison of the whole organization asks for more.
    work.preview("org", "invoke drift --only org --env prod", 2)
    contact = {"name": "Ada", "title": "Head", "email": "ada@example.com", "phone": "+1 555 0100"}
    changed = {
        "name": "Developers",
        "tags": {"CostCenter": "Testing", "Owner": "others", "More": "yes"},
        "resourceNamesPrefix": "new",
        "roleActions": {"DeveloperRole": ["s3:*", "ec2:*"]},
        "alias": "acme-developers",
        "alternateContacts": {"billing": contact, "security": contact},
        "blockPublicS3": False,
        "encryptEbs": False,
        "passwordPolicy": {"minimumLength": 20},
        "regions": ["us-east-2"],
        "budget": {"monthlyAmount": 500, "emails": ["costs@example.com"]},
        "defaultVpcs": "remove",
        "roles": {"AutomationRole": {"sessionHours": 2}},
        "protect": False,
        "accessRoleName": "OrganizationAccountAccessRole",
    }
    work.edit("accounts", "developer", **changed)
    work.preview("accounts", f"invoke preview {label} --env prod")
    work.deploy("accounts", f"invoke up {label} --yes --env prod")
    inside = work.project.inside(work.account_called("Developers"))
    work.project.aws("iam", inside).delete_account_alias(AccountAlias="acme-developers")
    work.project.aws("iam", inside).update_role(RoleName="DeveloperRole", Description="by hand")
    work.preview("accounts", f"invoke drift --only {label} --env prod", 2)
    work.deploy("accounts", f"invoke refresh-all --only {label} --env prod")
    work.edit("accounts", "developer", alias=None, alternateContacts={"billing": {**contact, "title": "Chief"}})
    work.edit("accounts", "developer", blockPublicS3=None, encryptEbs=None, organizationalUnit="Quiet")
    work.deploy("accounts", f"invoke up {label} --yes --env prod")
    # Its vaults and role have stayed, and are taken back.
    tags = {"CostCenter": "Testing", "Owner": "others"}
    work.edit("accounts", "developer", organizationalUnit="Development", tags=tags)
    work.deploy("accounts", f"invoke up {label} --yes --env prod")
    asked = "invoke change-email developer other@example.com --yes --env prod"
    work.deploy("accounts", asked, 1)
    code = accidents.control(work.project, "GET", "mail")[-1]["code"]
    work.deploy("accounts", f"{asked} --code {code}")
    SETTINGS["accounts"].add("email")

    organizations = work.project.aws("organizations")
    organizations.create_account(
        Email="manual@example.com", AccountName="Manual", RoleName="OrganizationAccountAccessRole"
    )
    manual = work.account_called("Manual")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = work.id_of("org", "Development")
    organizations.move_account(AccountId=manual, SourceParentId=root, DestinationParentId=unit)
    settings = {"email": "manual@example.com", "organizationalUnit": "Development", "protect": False}
    work.new_account("manual", name="Manual", **settings)
    work.deploy("accounts", f"invoke import accounts/manual {manual} --yes --env prod")
    work.deploy("accounts", "invoke up accounts/manual --yes --env prod")
    looks(work, "accounts", "accounts/manual")
    work.deploy("accounts", "invoke rename-account manual handmade --yes --env prod")
    work.deploy("accounts", "invoke access --env prod")
    work.deploy("accounts", "invoke close-account handmade --confirm handmade --env prod")

    work.edit("accounts", "shared-test", protect=False, closeOnDeletion=True)
    work.deploy("accounts", "invoke up accounts/shared-test --yes --env prod")
    work.deploy("accounts", "invoke destroy accounts/shared-test --yes --env prod")
    work.edit("accounts", "shared-test", closeOnDeletion=None)
    looks(work, "accounts", label)
    work.deploy("accounts", f"invoke destroy {label} --yes --env prod")


TEAMS: Mapping[str, Callable[[Work], None]] = {
    "org": org,
    "identity": identity,
    "policies": policies,
    "accounts": accounts,
}
"""In the order in which the layers depend on each other."""
