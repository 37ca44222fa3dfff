"""The checks of whom the configuration lets assume the deploy roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shared.errors import DocumentError
from shared.policy_documents.documents import render_trust_policy
from stacks.identity import tokens
from stacks.identity.deploy_trust import deploy_trust
from stacks.identity.deploy_who import SSO_ROLE, LayerName, LayerRoles, Who


def problems(roles: Mapping[LayerName, LayerRoles], users: Sequence[str], token: tuple[str, str] | None) -> list[str]:
    """What is wrong with whom the roles name. `token` are issuer and audience of `identity:oidc`, if there is one."""
    found = [problem for key, who in named(roles) for problem in _problems(key, who, users, token)]
    return found or [problem for key, who in named(roles) for problem in _too_many(key, who, users, token)]


def named(roles: Mapping[LayerName, LayerRoles]) -> Iterator[tuple[str, Who]]:
    """Each role's key in the configuration, and who may assume the role."""
    for layer, kinds in roles.items():
        for kind, who in (("deploy", kinds.deploy), ("preview", kinds.preview)):
            if who:
                yield f"identity:deployRoles.{layer}.{kind}", who


def _problems(key: str, who: Who, users: Sequence[str], token: tuple[str, str] | None) -> Iterator[str]:
    for subject in who.subjects:
        if token is None:
            yield (
                f"{key}.subjects has {subject!r} and identity:automation is 'user'; allowed: subjects only with "
                "identity:automation: oidc"
            )
            continue
        try:
            tokens.subject(subject, token[0])
        except ValueError as error:
            yield f"{key}.subjects has {subject!r}: {error}"
    for person in who.people:
        if person not in users and not SSO_ROLE.match(person):
            yield (
                f"{key}.people has {person!r}; allowed: {', '.join(users) or 'no user, for identity:users has none'}, "
                "or the ARN of a permission set's role, arn:aws:iam::ACCOUNT:role/aws-reserved/sso.amazonaws.com/"
                "REGION/AWSReservedSSO_NAME_ID"
            )


def _too_many(key: str, who: Who, users: Sequence[str], token: tuple[str, str] | None) -> Iterator[str]:
    account = "1" * 12
    arns = [f"arn:aws:iam::{account}:user/{person}" for person in who.people if person in users]
    provider = f"arn:aws:iam::{account}:oidc-provider/{token[0].removeprefix('https://')}" if token else ""
    try:
        render_trust_policy(key, deploy_trust(who, arns, provider, token))
    except DocumentError as error:
        yield f"{key} names {len(who.subjects)} subjects and {len(who.people)} people: {error}; allowed: fewer"
