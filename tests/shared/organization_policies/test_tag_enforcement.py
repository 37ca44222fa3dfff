"""The resource types on which AWS enforces tags."""

import pytest

from shared.organization_policies.tag_enforcement import ENFORCED_TYPES, unknown_type


def test_the_table_has_types_of_every_service() -> None:
    assert len(ENFORCED_TYPES) > 90
    assert all(ENFORCED_TYPES.values())
    assert "verified-access-trust-provider" in ENFORCED_TYPES["ec2"]
    assert "elastic-ip" in ENFORCED_TYPES["ec2"]
    assert not any(":" in type_ for types in ENFORCED_TYPES.values() for type_ in types)


@pytest.mark.parametrize(
    "given", ["ec2:instance", "s3:*", "secretsmanager:ALL_SUPPORTED", "amplifyuibuilder:app/environment/components"]
)
def test_what_aws_enforces_tags_on(given: str) -> None:
    assert unknown_type(given) is None


def test_a_type_that_its_service_has_not() -> None:
    assert unknown_type("kms:keys") == "kms:key"


def test_a_service_that_is_newer_than_the_table_is_not_checked() -> None:
    assert unknown_type("brandnew:thing") is None
