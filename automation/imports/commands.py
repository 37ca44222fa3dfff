"""Commands that a user can run to import a resource, shown where nothing may be imported without asking."""

import re
import shlex

from automation.backend.pending import Creation
from shared.layers import StackId

_UNKNOWN = "<its id>"

FINDING = {
    "aws:organizations/account:Account": (
        """aws organizations list-accounts --query "Accounts[?Email=='{email}'].Id" --output text"""
    ),
    "aws:organizations/organization:Organization": (
        "aws organizations describe-organization --query Organization.Id --output text"
    ),
    "aws:organizations/organizationalUnit:OrganizationalUnit": (
        "aws organizations list-organizational-units-for-parent --parent-id {parentId} "
        """--query "OrganizationalUnits[?Name=='{name}'].Id" --output text"""
    ),
    "aws:organizations/policy:Policy": (
        """aws organizations list-policies --filter {type} --query "Policies[?Name=='{name}'].Id" --output text"""
    ),
}
"""The types whose ids AWS generates → the command that finds the id."""


def import_command(stack: StackId, creation: Creation, identity: str | None) -> str:
    """The command that imports the resource into the state of `stack`, with the parent and provider of the program.
    https://www.pulumi.com/docs/iac/cli/commands/pulumi_import/"""
    resource, parent, provider = creation.resource, creation.parent, creation.made_by
    region = creation.text("region")
    if identity and region:  # https://www.pulumi.com/registry/packages/aws/how-to-guides/7-0-migration/
        identity = f"{identity}@{region}"
    words = ["pulumi", "import", resource.type, resource.name, identity or _UNKNOWN]
    # The program already has the resource, so no code is generated.
    words += ["-s", stack.name, "--cwd", f"stacks/{stack.layer}", "--generate-code=false"]
    if parent and parent.type != "pulumi:pulumi:Stack":
        words += ["--parent", f"{parent.name}={parent.urn}"]
    if provider:
        words += ["--provider", f"{provider.name}={provider.urn}"]
    # The placeholder is not quoted: the user must replace it before running the command.
    return " ".join(word if word == _UNKNOWN else shlex.quote(word) for word in words)


def finding_command(creation: Creation) -> str | None:
    """The command that prints the id; None if no command is known or if one of its arguments is a secret."""
    command = FINDING.get(creation.resource.type)
    values = {"type": "SERVICE_CONTROL_POLICY", **creation.inputs}
    names = re.findall(r"{(\w+)}", command or "")
    if command is None or not all(isinstance(values.get(name), str) for name in names):
        return None
    return command.format(**values)
