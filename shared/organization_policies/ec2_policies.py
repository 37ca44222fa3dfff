"""The syntax of declarative policies, which are for EC2 alone.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_syntax.html, since 2026
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_ec2_syntax.html
"""

from shared.organization_policies.schema import Group, Setting, matching, name, number, one_of

MAX_CRITERIA = 10
MAX_DAYS = 2_147_483_647


def _is_image_name(given: str) -> bool:
    """Names of images; AWS wants three characters at least of one with a ?."""
    return (3 if "?" in given else 1) <= len(given) <= 128


_SHARING = one_of("unblocked", "block_new_sharing")
_PREFERENCE = one_of("no_preference", "enabled", "disabled")
_CRITERIA = Group(
    {
        "allowed_image_providers": matching(
            r"\d{12}|amazon|aws_marketplace|aws_backup_vault",
            "account ids, amazon, aws_marketplace or aws_backup_vault",
            many=True,
        ),
        "image_names": Setting(_is_image_name, "names of 1 to 128 characters, of 3 at least with a ?", many=True),
        "marketplace_product_codes": matching(r"[A-Za-z0-9]{1,25}", "codes of 1 to 25 letters and digits", many=True),
        "creation_date_condition": Group({"maximum_days_since_created": number(0, MAX_DAYS)}),
        "deprecation_time_condition": Group({"maximum_days_since_deprecated": number(0, MAX_DAYS)}),
    }
)
EC2_SCHEMA = Group(
    {
        "ec2_attributes": Group(
            {
                "exception_message": Setting(),
                "vpc_block_public_access": Group(
                    {
                        "internet_gateway_block": Group(
                            {
                                "mode": one_of("off", "block_ingress", "block_bidirectional"),
                                "exclusions_allowed": one_of("enabled", "disabled"),
                            }
                        )
                    }
                ),
                "serial_console_access": Group({"status": one_of("enabled", "disabled")}),
                "image_block_public_access": Group({"state": _SHARING}),
                "snapshot_block_public_access": Group(
                    {"state": one_of("unblocked", "block_new_sharing", "block_all_sharing")}
                ),
                "allowed_images_settings": Group(
                    {
                        "state": one_of("enabled", "disabled", "audit_mode"),
                        "image_criteria": Group(
                            others=_CRITERIA,
                            names=name(rf"criteria_([1-9]|{MAX_CRITERIA})"),
                            named=f"criteria_1 to criteria_{MAX_CRITERIA}",
                        ),
                    }
                ),
                "instance_metadata_defaults": Group(
                    {
                        "http_tokens": one_of("no_preference", "required", "optional"),
                        "http_tokens_enforced": _PREFERENCE,
                        "http_put_response_hop_limit": number(-1, 64),
                        "http_endpoint": _PREFERENCE,
                        "instance_metadata_tags": _PREFERENCE,
                    }
                ),
                "vpc_encryption_control": Group(
                    {
                        "mode": one_of("unmanaged", "attempt_monitor", "attempt_enforce"),
                        "exclusions": matching(
                            "internet_gateway|egress_only_internet_gateway|nat_gateway|virtual_private_gateway|"
                            "vpc_peering|lambda|vpc_lattice|elastic_file_system",
                            "internet_gateway, egress_only_internet_gateway, nat_gateway, virtual_private_gateway, "
                            "vpc_peering, lambda, vpc_lattice and elastic_file_system",
                            many=True,
                        ),
                    }
                ),
            }
        )
    }
)
