"""Which OIDC tokens may be trusted: the audience, and subjects that no stranger's token has.

Anybody can get a token of a shared identity provider, and only the subject tells whose it is. So the part of a subject
that names the owner and the repository is literal; wildcards may follow it.
"""

import re
from dataclasses import dataclass

_AUDIENCE = re.compile(r"[^*?\s\x00-\x1f\x7f]{1,255}\Z")

_NAME = r"[A-Za-z0-9._-]+"
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


@dataclass(frozen=True)
class _Form:
    """The subjects of one kind of identity provider.

    `owned` matches the part that names the owner and the repository, with the separator behind it, or a whole subject.
    Providers whose URL begins with one of `issuers` issue no others; elsewhere a subject that begins with one of
    `begins` is held to be of this kind.
    """

    issuers: tuple[str, ...]
    begins: tuple[str, ...]
    owned: str
    allowed: str


_FORMS = (
    # With the ids of owner and repository behind their names, or one behind the other as an organization's template has
    # them. Names alone of a workflow or an environment are not enough: everybody's template may begin with them.
    # https://docs.github.com/en/actions/reference/security/oidc
    _Form(
        ("https://token.actions.githubusercontent.com",),
        ("repo:", "repository:", "repository_id:", "repository_owner:", "repository_owner_id:"),
        rf"(?:repository_owner:{_NAME}:|repository_owner_id:[0-9]+:)?"
        rf"(?:repo(?:sitory)?:{_NAME}(?:@[0-9]+)?/{_NAME}(?:@[0-9]+)?|repository_id:[0-9]+)(?::|\Z)",
        "repo:OWNER/REPOSITORY:*, both without wildcards, such as repo:acme/infra:ref:refs/heads/main",
    ),
    # https://docs.gitlab.com/ci/secrets/id_token_authentication/
    _Form(
        ("https://gitlab.com",),
        ("project_path:",),
        rf"project_path:{_NAME}(?:/{_NAME})+(?::|\Z)",
        "project_path:GROUP/PROJECT:*, both without wildcards",
    ),
    # https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
    _Form(
        ("https://api.bitbucket.org",),
        ("{",),
        rf"\{{{_UUID}\}}(?::|\Z)",
        "{REPOSITORY-UUID}:*, the UUID without wildcards",
    ),
    # https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
    _Form(
        ("https://app.terraform.io", "https://app.eu.terraform.io"),
        (),
        rf"organization:{_NAME}:project:[A-Za-z0-9 ._-]+:workspace:{_NAME}(?::|\Z)",
        "organization:ORGANIZATION:project:PROJECT:workspace:WORKSPACE:*, all three without wildcards",
    ),
    # https://buildkite.com/docs/pipelines/security/oidc
    _Form(
        ("https://agent.buildkite.com",),
        (),
        rf"organization:{_NAME}:pipeline:{_NAME}(?::|\Z)",
        "organization:ORGANIZATION:pipeline:PIPELINE:*, both without wildcards",
    ),
    # https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
    _Form(
        ("https://oidc.circleci.com",),
        ("org/",),
        rf"org/{_UUID}/project/{_UUID}(?:/|\Z)",
        "org/ORGANIZATION-ID/project/PROJECT-ID/*, both without wildcards",
    ),
    # https://www.pulumi.com/docs/deployments/deployments/oidc/
    _Form(
        ("https://api.pulumi.com/oidc",),
        ("pulumi:",),
        rf"pulumi:(?:deploy:org:{_NAME}:project|environments:org:{_NAME}:env):{_NAME}(?:/{_NAME})?(?::|\Z)",
        "pulumi:deploy:org:ORGANIZATION:project:PROJECT:*, both without wildcards",
    ),
)

_LITERALS = re.compile(r"(?:[^:/*?]+[:/]){3}")
"""What precedes the wildcards of any other provider's subjects, such as `system:serviceaccount:deploy:`."""


def audience(value: str) -> str:
    """`value`, unchanged. Raises `ValueError` unless it is one literal audience."""
    if not _AUDIENCE.match(value) or "${" in value:
        raise ValueError("allowed: one audience, 1 to 255 characters without spaces, '*', '?' and '${'")
    return value


def subject(value: str, issued_by: str | None) -> str:
    """`value`, unchanged. Raises `ValueError` if tokens of strangers may have a subject that matches it.

    `issued_by` is the issuer's URL; None if it is not known.
    """
    if not value or "${" in value:
        raise ValueError("allowed: the subject of a token, without '${': IAM would put a value of the caller's there")
    form = _form(value, issued_by)
    if form and not re.match(form.owned, value):
        raise ValueError(f"strangers may have such a token; allowed: {form.allowed}")
    if not form and re.search(r"[*?]", value) and not _LITERALS.match(value):
        raise ValueError(
            "strangers may have such a token; allowed: wildcards only behind three parts that end with ':' or '/' and "
            "name the owner, such as system:serviceaccount:deploy:*"
        )
    return value


def _form(value: str, issued_by: str | None) -> _Form | None:
    for form in _FORMS:
        if any(issued_by == each or (issued_by or "").startswith(f"{each}/") for each in form.issuers):
            return form
    return next((form for form in _FORMS if value.startswith(form.begins)), None)
