"""Accounts, OUs and the organization are protected: what is deleted of them cannot be had back.

A rule judges what a program declares. It has no part in what takes a protection off: an OU that has left the
configuration is declared no longer, and `destroy-all --include-protected` runs no program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_pack.planned import Context, Finding, Planned

PROTECTED = {
    "aws:organizations/account:Account",
    "aws:organizations/organization:Organization",
    "aws:organizations/organizationalUnit:OrganizationalUnit",
}


def protection(resource: Planned, context: Context, _options: Mapping[str, Any]) -> Iterator[Finding]:
    """https://www.pulumi.com/docs/iac/concepts/resources/options/protect/"""
    setting = f"{context.project}:protect"
    if resource.type in PROTECTED and not resource.protect and context.config.get(setting) != "false":
        yield Finding("protect", False, f"true, or {setting}: false in {context.file}")
