"""The table against the installed `pulumi_aws` SDK: no property unknown, missing, or said to be of another sort."""

import importlib
import inspect
import json
import re
import sys
from types import ModuleType
from typing import Any

import pulumi_aws
import pytest

from sandbox.provider import config
from sandbox.provider.table import FUNCTIONS, RESOURCES, package_schema, plugin_version

EXPECTED = {
    "aws:account/alternativeContact:AlternativeContact",
    "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault",
    "aws:backup/vault:Vault",
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    "aws:budgets/budget:Budget",
    "aws:ebs/encryptionByDefault:EncryptionByDefault",
    "aws:iam/accountAlias:AccountAlias",
    "aws:iam/accountPasswordPolicy:AccountPasswordPolicy",
    "aws:iam/group:Group",
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/organizationsFeatures:OrganizationsFeatures",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/user:User",
    "aws:iam/userGroupMembership:UserGroupMembership",
    "aws:iam/userPolicy:UserPolicy",
    "aws:identitystore/group:Group",
    "aws:identitystore/groupMembership:GroupMembership",
    "aws:identitystore/user:User",
    "aws:organizations/account:Account",
    "aws:organizations/organization:Organization",
    "aws:organizations/organizationalUnit:OrganizationalUnit",
    "aws:organizations/policy:Policy",
    "aws:organizations/policyAttachment:PolicyAttachment",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
    "aws:ssoadmin/accountAssignment:AccountAssignment",
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment",
    "aws:ssoadmin/permissionSet:PermissionSet",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy",
    "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
}


def sdk(token: str) -> tuple[ModuleType, str]:
    """The SDK module of a token such as `aws:iam/groupPolicy:GroupPolicy`, and the last part of the token."""
    _package, path, name = token.split(":")
    # By the package's own attributes: its modules load lazily, and one imported by hand stays out of its package.
    package = pulumi_aws if path.startswith("index/") else getattr(pulumi_aws, path.split("/")[0])
    function = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    return sys.modules[getattr(package, name if name[0].isupper() else function).__module__], name


def pulumi_names(cls: type) -> dict[str, bool]:
    """The constructor's arguments by their Pulumi names, and whether each is required."""
    found = {}
    for python_name, parameter in inspect.signature(cls).parameters.items():
        name = getattr(inspect.getattr_static(cls, python_name).fget, "_pulumi_name", python_name)
        found[name] = parameter.default is inspect.Parameter.empty
    return found


def test_the_table_is_complete() -> None:
    assert set(RESOURCES) == EXPECTED


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_token_is_that_of_the_sdk(token: str) -> None:
    module, name = sdk(token)
    assert f"'{token}'" in inspect.getsource(getattr(module, name))


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_inputs_are_those_of_the_sdk(token: str) -> None:
    module, name = sdk(token)
    kind = RESOURCES[token]
    official = pulumi_names(getattr(module, f"{name}Args"))
    mine = {item.name: item.required for item in kind.properties if not item.output and item.name != "tagsAll"}
    assert mine == {key: required for key, required in official.items() if key not in kind.not_supported}


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_outputs_are_those_of_the_sdk(token: str) -> None:
    module, name = sdk(token)
    kind = RESOURCES[token]
    official = set(pulumi_names(getattr(module, f"_{name}State")))
    assert kind.not_supported <= official, "a property that is said to be not supported, and does not exist"
    assert set(kind.by_name) | kind.not_supported == official


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_kinds_are_those_of_the_sdk(token: str) -> None:
    module, name = sdk(token)
    types = {"string": "str", "boolean": "bool", "integer": "int", "list of strings": "Sequence", "URL": "str"}
    types |= {"map of strings": "Mapping", "JSON document": "str", "IAM policy document": "str"}
    types |= {"list of objects": "Sequence", "object": "Args", "decimal number": "str"}
    official = getattr(module, f"_{name}State")
    for item in RESOURCES[token].properties:
        python_name = next(
            key for key in inspect.signature(official).parameters if _pulumi_name(official, key) == item.name
        )
        annotation = str(inspect.signature(official).parameters[python_name].annotation)
        assert types[item.kind.value] in annotation, f"{item.name}: {item.kind} and {annotation}"


def _pulumi_name(cls: type, python_name: str) -> str:
    return str(getattr(inspect.getattr_static(cls, python_name).fget, "_pulumi_name", python_name))


@pytest.mark.parametrize("token", sorted(RESOURCES))
def test_no_output_is_secret_in_the_sdk(token: str) -> None:
    # The table has no mark for it; this says when it needs one.
    module, name = sdk(token)
    assert "additional_secret_outputs" not in inspect.getsource(getattr(module, name))


@pytest.mark.parametrize("token", sorted(FUNCTIONS))
def test_functions_are_those_of_the_sdk(token: str) -> None:
    module, name = sdk(token)
    python_name = re.sub(r"([A-Z])", r"_\1", name).lower()
    result = getattr(module, name[0].upper() + name[1:] + "Result")
    source = inspect.getsource(getattr(module, python_name))
    assert f"'{token}'" in source
    assert FUNCTIONS[token].arguments == set(re.findall(r"__args__\['(\w+)'\]", source))
    assert FUNCTIONS[token].results == set(pulumi_names(result))


def test_provider_settings_are_those_of_the_sdk() -> None:
    module: Any = importlib.import_module("pulumi_aws.provider")
    official = set(pulumi_names(module.ProviderArgs))
    assert official == config.KNOWN | config.NOT_SUPPORTED
    assert not config.KNOWN & config.NOT_SUPPORTED


def test_package_schema_holds_the_table() -> None:
    schema = json.loads(package_schema())
    assert (schema["name"], schema["version"]) == ("aws", plugin_version())
    assert set(schema["resources"]) == set(RESOURCES)
    role = schema["resources"]["aws:iam/role:Role"]
    assert role["requiredInputs"] == ["assumeRolePolicy"]
    assert role["inputProperties"]["maxSessionDuration"] == {"type": "integer"}
    assert "tagsAll" not in role["inputProperties"]
    assert "arn" in role["properties"]
