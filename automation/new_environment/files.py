"""The files of the four layers for an environment in which this project makes everything."""

from __future__ import annotations

from collections.abc import Iterator

from automation.add_account import default_display_name
from automation.adoption.files import Draft, Target, policies_file
from automation.new_environment.answers import LOOKUP, Answers, NewAccount
from shared.layers import StackId

AUDIENCE = "sts.amazonaws.com"
"""What tokens for AWS carry: https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"""


def drafts(target: Target, answers: Answers) -> Iterator[Draft]:
    """A file each of the three layers, and one an account."""
    yield _org(target, answers)
    yield _identity(target, answers)
    # Where accounts work already, this project's own policies are off as after an adoption.
    yield policies_file(target, ()) if answers.organization == LOOKUP else _policies(target, answers)
    for account in answers.account:
        yield _account(target, answers, account)


def _org(target: Target, answers: Answers) -> Draft:
    lines = target.lines()
    if answers.organization == LOOKUP:
        lines.add(
            "org:mode", answers.organization, "The organization is there and is left as it is; OUs are made in it."
        )
        lines.add(
            "org:projectFeatures",
            False,
            "true, once the policy types and trusted services of this project's own policies are on.",
        )
    else:
        lines.add("org:mode", answers.organization, "This stack makes the organization and manages it.")
    lines.add("org:organizationalUnits", answers.ou)
    return target.draft(StackId("org", target.environment), lines)


def _identity(target: Target, answers: Answers) -> Draft:
    lines = target.lines()
    if answers.user:
        lines.add("identity:users", answers.user)
        lines.add(
            "identity:mfaEnrolment",
            answers.user,
            "They may enrol their first MFA device. Take them off the list once they have it.",
        )
    else:
        lines.add(
            "identity:userSource",
            "external",
            "People come from SSO, by identity:permissionSet or identity:identityCenter: docs/identity-center.md.",
        )
    if answers.oidc_subject:
        lines.add("identity:automation", "oidc", "CI signs in with tokens of its own, without any key.")
        subjects = {"issuer": answers.oidc_issuer, "audience": AUDIENCE, "subjects": answers.oidc_subject}
        lines.add("identity:oidc", subjects)
    else:
        lines.add("identity:automation", "user", "A CI system with OIDC needs no key: oidc, and identity:oidc.")
    return target.draft(StackId("identity", target.environment), lines)


def _policies(target: Target, answers: Answers) -> Draft:
    lines = target.lines()
    lines.add(
        "policies:rootTags",
        True,
        "The root has all guardrails, too, and the perimeter of policies:resourceControl: docs/policies.md.",
    )
    if answers.copy_region:
        backup = {
            "organizationalUnits": list(dict.fromkeys(each.partition("/")[0] for each in answers.ou)),
            "primaryRegions": [answers.region],
            "copyRegion": answers.copy_region,
        }
        lines.add("policies:backup", backup, "What is tagged BackupType: MONTHLY is backed up, and costs.")
    return target.draft(StackId("policies", target.environment), lines)


def _account(target: Target, answers: Answers, account: NewAccount) -> Draft:
    lines = target.lines()
    lines.add("accounts:name", default_display_name(account.name))
    lines.add("accounts:email", account.email, "The root user's address: it stays taken after the account is closed.")
    lines.add("accounts:organizationalUnit", account.unit or answers.ou[0])
    return target.draft(StackId("accounts", target.environment, account.name), lines)
