"""Centralized root access of an organization.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
"""
# ruff: noqa: ARG002 - all types share one signature, and few need all of it

from sandbox.provider.aws import Aws
from sandbox.provider.errors import ProviderError
from sandbox.provider.schema import Kind, Property, ResourceType
from sandbox.provider.wire import Values

SERVICE = "iam"
OPERATIONS = {
    "RootCredentialsManagement": "organizations_root_credentials_management",
    "RootSessions": "organizations_root_sessions",
}
"""Feature → the operation's name after `enable_` or `disable_`."""


class OrganizationsFeatures(ResourceType):
    token = "aws:iam/organizationsFeatures:OrganizationsFeatures"  # noqa: S105
    label = "IAM Organizations Features"
    properties = (Property("enabledFeatures", Kind.STRINGS, required=True),)
    gone = frozenset({"OrganizationNotFoundException"})

    def create(self, aws: Aws, new: Values) -> str:
        id_ = str(aws.call(SERVICE, "list_organizations_features")["OrganizationId"])
        self._switch(aws, {}, new)
        return id_

    def read(self, aws: Aws, id_: str, old: Values) -> Values | None:
        found = aws.call(SERVICE, "list_organizations_features")
        if found["OrganizationId"] != id_:
            raise ProviderError(f"this account's organization is {found['OrganizationId']}, not {id_}")
        # Without any feature there is nothing that this resource would stand for.
        return {"enabledFeatures": sorted(found["EnabledFeatures"])} if found.get("EnabledFeatures") else None

    def update(self, aws: Aws, id_: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._switch(aws, old, new)

    def delete(self, aws: Aws, id_: str, old: Values) -> None:
        self._switch(aws, old, {})

    def _switch(self, aws: Aws, old: Values, new: Values) -> None:
        before, after = (set(values.get("enabledFeatures") or ()) for values in (old, new))
        unknown = after - OPERATIONS.keys()
        if unknown:
            raise ProviderError(
                f"enabledFeatures has {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(OPERATIONS))}"
            )
        for verb, features in (("disable", before - after), ("enable", after - before)):
            for feature in sorted(features):
                aws.call(SERVICE, f"{verb}_{OPERATIONS[feature]}")


TYPES = (OrganizationsFeatures(),)
