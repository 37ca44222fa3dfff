"""No credentials that last: people sign in elsewhere, CI has tokens, and who needs a key makes it outside of a state.

https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy_pack.planned import Context, Finding, Planned

FORBIDDEN = {
    "aws:iam/accessKey:AccessKey": "a role that is assumed, or OIDC (identity:oidc) for CI",
    "aws:iam/userLoginProfile:UserLoginProfile": "a password set outside of Pulumi, or IAM Identity Center",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": "a role that is assumed",
    "aws:iam/signingCertificate:SigningCertificate": "a role that is assumed",
    "aws:iam/sshKey:SshKey": "a role that is assumed",
}
"""Type → what to use instead. Its secret would be in the state."""


def identities(resource: Planned, _context: Context, _options: Mapping[str, Any]) -> Iterator[Finding]:
    if resource.type in FORBIDDEN:
        yield Finding(
            "user",
            resource.properties.get("user"),
            f"no {resource.type.rpartition(':')[2]}, but {FORBIDDEN[resource.type]}",
        )
