"""Whose tokens get in: none of a stranger's, whatever subject is configured.

What a subject matches is decided here by a matcher of its own for `StringLike`.
"""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.identity.tokens import subject

ONE = "0a1b2c3d-0000-4000-8000-00000000000a"
TWO = "0a1b2c3d-0000-4000-8000-00000000000b"


def matches(pattern: str, token: str) -> bool:
    """`StringLike`: `*` is any number of characters, `?` is one, and the case counts.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""
    wild = {"*": ".*", "?": "."}
    return re.fullmatch("".join(wild.get(each, re.escape(each)) for each in pattern), token, re.DOTALL) is not None


@dataclass(frozen=True)
class Provider:
    """`own` is what begins the subjects of the owner's repository, `rest` what may follow; `strangers` are subjects of
    other owners and of other repositories."""

    issuer: str | None
    own: str
    rest: str
    strangers: tuple[str, ...]


def github(issuer: str) -> Provider:
    rest = "ref:refs/heads/main"
    return Provider(
        issuer,
        "repo:acme/infra:",
        rest,
        (
            *(
                f"repo:{name}:{rest}"
                for name in (
                    "evil/infra", "acme/other", "acme/infra-2", "acme/infra2", "acme2/infra", "acme-evil/infra",
                    "evilacme/infra", "acmes/infra", "acme/infr", "acm/infra", "a/infra", "acme/i", "bcme/infra",
                    "acme/infrb", "evil/acme", "evil/x", "acme/infra.git", "Acme/infra",
                )
            ),
            "repo:evil/infra:environment:acme/infra:",
            "repo:evil/x:environment:repo%3Aacme/infra%3Aref",
            "repository_owner:evil:repo:evil/infra:ref:refs/heads/main",
            "environment:acme:repo:evil/infra",
            "workflow:repo:evil/x",
        ),
    )  # fmt: skip


GITHUB = github("https://token.actions.githubusercontent.com")
PROVIDERS = [
    GITHUB,
    github("https://token.actions.githubusercontent.com/acme"),
    github("https://token.actions.acme.ghe.com"),
    Provider(
        "https://gitlab.com",
        "project_path:acme/team/infra:",
        "ref_type:branch:ref:main",
        tuple(
            f"project_path:{name}:ref_type:branch:ref:main"
            for name in ("evil/team/infra", "acme/infra", "acme/team/other", "acme/team/infra2", "acme2/team/infra",
                         "acme/team/infra/evil", "acme/evil/infra", "evil/x")
        ),
    ),
    Provider(
        "https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
        f"{{{ONE}}}:",
        f"{{{ONE}}}",
        (f"{{{TWO}}}:{{{ONE}}}", f"{{{TWO}}}:{{{TWO}}}:{{{ONE}}}"),
    ),
    Provider(
        "https://app.terraform.io",
        "organization:acme:project:Default Project:workspace:infra:",
        "run_phase:apply",
        tuple(
            f"organization:{name}:run_phase:apply"
            for name in ("evil:project:Default Project:workspace:infra", "acme:project:Other:workspace:infra",
                         "acme:project:Default Project:workspace:other",
                         "acme2:project:Default Project:workspace:infra",
                         "acme:project:Default Project:workspace:infra2")
        ),
    ),
    Provider(
        "https://agent.buildkite.com",
        "organization:acme:pipeline:infra:",
        "ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:build",
        tuple(
            f"organization:{name}:ref:refs/heads/main:commit:9f3182061f1e2cca4702c368cbc039b7dc9d4485:step:build"
            for name in ("evil:pipeline:infra", "acme:pipeline:other", "acme2:pipeline:infra", "acme:pipeline:infra2")
        ),
    ),
    Provider(
        f"https://oidc.circleci.com/org/{ONE}",
        f"org/{ONE}/project/{ONE}/",
        f"user/{ONE}",
        (f"org/{TWO}/project/{ONE}/user/{ONE}", f"org/{ONE}/project/{TWO}/user/{ONE}"),
    ),
    Provider(
        "https://api.pulumi.com/oidc",
        "pulumi:deploy:org:acme:project:infra:",
        "stack:prod:operation:update:scope:write",
        tuple(
            f"pulumi:deploy:org:{name}:stack:prod:operation:update:scope:write"
            for name in ("evil:project:infra", "acme:project:other", "acme2:project:infra", "acme:project:infra2")
        ),
    ),
    Provider(
        "https://issuer.example.com",
        "system:serviceaccount:deploy:",
        "automation",
        ("system:serviceaccount:evil:automation", "system:node:deploy:automation", "system:serviceaccount:deploy2:x"),
    ),
]  # fmt: skip
"""Each kind of identity provider, and one that is not known."""


def accepted(pattern: str, issuer: str | None) -> bool:
    try:
        return subject(pattern, issuer) == pattern
    except ValueError:
        return False


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    """`text` with some parts left out or replaced by wildcards."""
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(text)))
        end = draw(st.one_of(st.integers(begin, len(text)), st.just(len(text))))
        text = (
            text[:begin]
            + draw(st.sampled_from(["", "*", "?", "*?", "?" * (end - begin), "${*}", ":*", "/*"]))
            + text[end:]
        )
    return text


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: f"{provider.issuer}")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_subject_that_is_accepted_matches_a_strangers_token(provider: Provider, data: st.DataObject) -> None:
    pattern = data.draw(edited(provider.own + provider.rest))
    if accepted(pattern, provider.issuer):
        assert "${" not in pattern
        let_in = [token for token in (provider.own + provider.rest, *provider.strangers) if matches(pattern, token)]
        assert len({owned(token) for token in let_in}) <= 1


def owned(token: str) -> str:
    """The part of a real token's subject that names the owner and the repository."""
    parts = token.split(":")
    if token.startswith("org/"):
        return "/".join(token.split("/")[:4]) + "/"
    if token.startswith("organization:") and "workspace" in parts:
        return ":".join(parts[:6]) + ":"
    size = {"organization": 4, "pulumi": 6, "system": 3, "repository_owner": 4, "environment": 4}.get(parts[0], 2)
    return ":".join(parts[: 1 if token.startswith("{") else size]) + ":"


@settings(max_examples=500, deadline=None)
@given(
    pattern=st.lists(
        st.sampled_from(
            ["repo:", "r", "*", "?", "acme", "/", "infra", ":", "ref", "@1", "repository_id:", "1", "-", "${"]
        ),
        max_size=9,
    ).map("".join),
    fills=st.lists(st.sampled_from(["", "x", "/", ":", "evil/infra:", "@2", "2", "-evil"]), min_size=2, max_size=4),
)
def test_whatever_the_wildcards_stand_for_the_repository_is_the_same(pattern: str, fills: list[str]) -> None:
    if accepted(pattern, GITHUB.issuer):
        tokens = [re.sub(r"[*?]", fill, pattern) for fill in fills]
        claims = [token.split(":")[:2] for token in tokens]
        assert claims == [claims[0]] * len(claims)
        assert claims[0][0] in ("repo", "repository_id")


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: f"{provider.issuer}")
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_behind_the_repository_wildcards_are_free(provider: Provider, data: st.DataObject) -> None:
    rest = data.draw(edited(provider.rest).filter(lambda text: "${" not in text))
    assert subject(provider.own + rest, provider.issuer) == provider.own + rest


@pytest.mark.parametrize(
    "pattern",
    [
        "repo:*", "r*", "?epo:*", "repo:*/infra:*", "repo:acme*", "repo:acme/*", "repo:acme/*:*", "repo:acme/infra*",
        "repo:acme/infr?:*", "repo:?cme/infra:*", "repo:acme/infra?ref:*", "repo*:acme/infra:*", "*", "**", "?*", "*:b",
        "repo:acme", "repo:acme/", "repo:/infra:*", "repo:acme:*", "repo:acme/infra/x:*", "repo:acme@1*/infra@2:*",
        "repo:${aws:PrincipalTag/x}/infra:*", "repo:acme/infra:${aws:username}", "${*}", "repo:acme/infra:$${x}",
        "repo:acme@*/infra@1:*", "repository:acme/*", "repository_id:*", "repository_id:1*", "repository_owner:acme:*",
        "repository_owner_id:1:*", "repository_owner_id:1*:repository_id:2:*", "repository_owner_id:1:repository_id:2*",
        "job_workflow_ref:acme/shared/.github/workflows/deploy.yml@*", "workflow:Deploy:ref:refs/heads/main",
        "environment:production", "environment:production:actor:ada:*", "project_path:acme/infra:*",
        " repo:acme/infra:*", "REPO:acme/infra:*", "",
    ],
)  # fmt: skip
def test_what_github_might_give_strangers_too(pattern: str) -> None:
    assert not accepted(pattern, GITHUB.issuer)


@pytest.mark.parametrize(
    "pattern",
    [
        "repo:acme/infra", "repo:acme/infra:*", "repo:acme/infra:ref:refs/heads/*", "repo:acme/infra:environment:prod",
        "repo:acme/infra:pull_request", "repo:acme@1/infra.x_y@2:ref:refs/heads/main", "repo:acme-1/infra-2:*",
        "repository:acme/infra:environment:*", "repository_id:2:*", "repository_owner_id:1:repository_id:2:*",
        "repository_owner:acme:repo:acme/infra:ref:*", "repo:acme/infra:job_workflow_ref:acme/shared/*",
    ],
)  # fmt: skip
def test_what_only_the_owners_repository_gets(pattern: str) -> None:
    assert accepted(pattern, GITHUB.issuer)


@pytest.mark.parametrize(
    ("issuer", "pattern"),
    [
        ("https://gitlab.com", "project_path:*"),
        ("https://gitlab.com", "project_path:acme/*"),
        ("https://gitlab.com", "project_path:acme/infra*"),
        ("https://gitlab.com", "project_path:acme:*"),
        ("https://gitlab.com", "repo:acme/infra:*"),
        ("https://gitlab.example.com", "project_path:acme/team/*"),
        ("https://git.example.com", "repo:acme/infra/*"),
        ("https://app.terraform.io", "organization:acme:*"),
        ("https://app.terraform.io", "organization:acme:project:*:workspace:infra:*"),
        ("https://agent.buildkite.com", "organization:*:pipeline:infra:*"),
        ("https://agent.buildkite.com", "organization:acme:pipeline:infra*"),
        ("https://oidc.circleci.com", f"org/{ONE}/project/*"),
        (f"https://oidc.circleci.com/org/{ONE}", f"org/*/project/{ONE}/*"),
        ("https://api.pulumi.com/oidc", "pulumi:deploy:org:*"),
        ("https://api.pulumi.com/oidc", "pulumi:deploy:org:acme:*"),
        ("https://api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", "{*}:*"),
        ("https://issuer.example.com", "system:serviceaccount:*"),
        ("https://issuer.example.com", "system:serviceaccount:deploy*"),
        ("https://issuer.example.com", "a:b/?"),
        ("https://issuer.example.com", "a::b:*"),
        ("https://issuer.example.com", "user*"),
        ("https://issuer.example.com", "a:b:c:${x}"),
        (None, "repo:acme/*"),
    ],
)
def test_what_other_providers_might_give_strangers_too(issuer: str | None, pattern: str) -> None:
    assert not accepted(pattern, issuer)


@pytest.mark.parametrize("pattern", ["108253421", "user@example.com", "a", "a:b/c:*", "system:serviceaccount:ns:ci-?"])
def test_what_an_unknown_provider_may_give(pattern: str) -> None:
    assert accepted(pattern, "https://issuer.example.com")
