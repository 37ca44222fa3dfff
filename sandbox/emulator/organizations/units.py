"""Organizational units."""

from typing import Any

from moto.organizations.exceptions import DuplicateOrganizationalUnitException
from moto.organizations.models import FakeOrganizationalUnit

from sandbox.emulator.organizations.exceptions import client_error
from sandbox.emulator.organizations.policies import PoliciesBackend, Target

MAXIMUM_DEPTH = 5
"""OUs below one another, under the root."""


class UnitsBackend(PoliciesBackend):
    """The part of `OrganizationsBackend` that is about the tree of OUs."""

    def path_of(self, target: Target) -> str:
        """The path of an account or OU, as AWS writes it: organization, root, OUs and the target."""
        return "/".join([self.organization.id, *(str(level.id) for level in self.path(target)), ""])

    def create_organizational_unit(self, **kwargs: Any) -> dict[str, Any]:
        parent = self.get_organizational_unit_by_id(self.validate_parent_id(kwargs["ParentId"]))
        self._refuse_sibling(parent.id, kwargs["Name"])
        if len(self.path(parent)) > MAXIMUM_DEPTH:
            raise client_error(
                "ConstraintViolationException",
                "You have exceeded the maximum organizational unit depth.",
                "OU_DEPTH_LIMIT_EXCEEDED",
            )
        unit = FakeOrganizationalUnit(self.organization, **kwargs)
        self.ou.append(unit)
        self.attach_defaults(unit)
        return {"OrganizationalUnit": self.describe_unit(unit)}

    def update_organizational_unit(self, **kwargs: Any) -> dict[str, Any]:
        unit = self.get_organizational_unit_by_id(kwargs["OrganizationalUnitId"])
        name = str(kwargs.get("Name", unit.name))
        if name != unit.name:
            self._refuse_sibling(unit.parent_id, name)
        unit.name = name
        return {"OrganizationalUnit": self.describe_unit(unit)}

    def describe_organizational_unit(self, **kwargs: Any) -> dict[str, Any]:
        unit = self.get_organizational_unit_by_id(kwargs["OrganizationalUnitId"])
        return {"OrganizationalUnit": self.describe_unit(unit)}

    def describe_unit(self, unit: FakeOrganizationalUnit) -> dict[str, Any]:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html"""
        return {**unit.describe()["OrganizationalUnit"], "Path": self.path_of(unit)}

    def delete_organizational_unit(self, **kwargs: Any) -> None:
        unit = self.get_organizational_unit_by_id(kwargs["OrganizationalUnitId"])
        if any(child.parent_id == unit.id for child in self.targets()):
            raise client_error(
                "OrganizationalUnitNotEmptyException",
                "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child "
                "OUs, and try the operation again.",
            )
        self.drop_attachments(unit)
        super().delete_organizational_unit(**kwargs)

    def _refuse_sibling(self, parent_id: str | None, name: str) -> None:
        if any(unit.parent_id == parent_id and unit.name == name for unit in self.ou):
            raise DuplicateOrganizationalUnitException
