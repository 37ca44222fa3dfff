"""The command that imports a resource, shown where nothing may be imported without asking. It works as printed."""

import re
import shlex

from automation.backend.pending import Creation
from automation.imports.identities import ACCOUNT, OIDC, ORGANIZATION, POLICY, UNIT
from shared.layers import StackId

_FINDING = {
    ACCOUNT: (
        """aws organizations list-accounts --query "Accounts[?Email=='{email}'].Id" --output text""",
        # The address may be a secret.
        """aws organizations list-accounts --query "Accounts[?Name=='{name}'].Id" --output text""",
    ),
    ORGANIZATION: ("aws organizations describe-organization --query Organization.Id --output text",),
    UNIT: (
        "aws organizations list-organizational-units-for-parent --parent-id {parentId} "
        """--query "OrganizationalUnits[?Name=='{name}'].Id" --output text""",
    ),
    POLICY: (
        """aws organizations list-policies --filter {type} --query "Policies[?Name=='{name}'].Id" --output text""",
    ),
    OIDC: (
        "aws iam list-open-id-connect-providers "
        """--query "OpenIDConnectProviderList[?ends_with(Arn, '/{host}')].Arn" --output text""",
    ),
}
"""The types whose ids do not follow from the program → the commands that find the id; the first that fits is used."""


def import_command(stack: StackId, creation: Creation, identity: str | None) -> str | None:
    """The command that imports the resource into the state of `stack`.

    An id that is not known is found by a command inside of it. None if that cannot be said, because it is a secret.
    """
    resource = creation.resource
    name = stack.label if resource.type == ACCOUNT and stack.account else f"{stack.label}:{resource.name}"
    finding = None if identity else _finding_command(creation)
    if not identity and not finding:
        return None
    id_ = shlex.quote(identity) if identity else f'"$({finding})"'
    return f"invoke import {shlex.quote(name)} {id_} --env {stack.environment}"


def _finding_command(creation: Creation) -> str | None:
    """The command that prints the id; None if no command is known or if what it needs is a secret."""
    url = creation.text("url")
    values = {
        "type": "SERVICE_CONTROL_POLICY",
        **({"host": url.removeprefix("https://")} if url else {}),
        **creation.inputs,
    }
    for command in _FINDING.get(creation.resource.type, ()):
        found = [values.get(name) for name in re.findall(r"{(\w+)}", command)]
        if all(isinstance(value, str) and re.fullmatch(r"[\w.@+=:/ -]+", value) for value in found):
            return command.format(**values)
    return None
