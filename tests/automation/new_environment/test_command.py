"""`invoke new-environment`: what it writes, what it asks, and what it refuses before it writes anything."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation.configuration import check
from automation.new_environment import answers
from automation.new_environment.command import new_environment
from shared.errors import LayerError, UserError
from shared.layers import discover
from tests.configuration import SALT, write_production, write_sandbox

ACCOUNT = "012345678901"
GIVEN: dict[str, Any] = {"management_account": ACCOUNT, "region": "eu-central-1"}
FULL: dict[str, Any] = {
    **GIVEN,
    "ou": ["Workloads/Production", "Sandboxes"],
    "user": ["ada"],
    "oidc_subject": ["repo:acme/infrastructure:ref:refs/heads/main"],
    "copy_region": "eu-west-1",
    "secrets_provider": "awskms://alias/pulumi?region=eu-central-1",
    "account": ["web-shop=aws-web-shop@example.com", "lab=aws-lab@example.com,Sandboxes"],
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files of a sandbox and of `prod`."""
    return write_production(write_sandbox(tmp_path))


def config(copy: Path, file: str) -> dict[str, Any]:
    document = yaml.safe_load((copy / "stacks" / file).read_text())
    found: dict[str, Any] = document["config"]
    assert found.pop("aws:allowedAccountIds") == [ACCOUNT]
    assert found.pop("aws:region") == "eu-central-1"
    return found


def files(copy: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in copy.rglob("*") if file.is_file()}


@pytest.fixture
def nothing_written(copy: Path) -> Iterator[None]:
    before = files(copy)
    yield
    assert files(copy) == before


def test_the_least_that_must_be_said(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_environment("staging", GIVEN, interactive=False, root=copy)
    check(discover("staging", copy), copy)
    assert config(copy, "org/Pulumi.staging.yaml") == {"org:mode": "create", "org:organizationalUnits": ["Development"]}
    assert config(copy, "identity/Pulumi.staging.yaml") == {
        "identity:userSource": "external",
        "identity:automation": "user",
    }
    assert config(copy, "policies/Pulumi.staging.yaml") == {"policies:rootTags": True}
    assert not list(copy.glob("stacks/accounts/Pulumi.staging.*"))
    printed = capsys.readouterr().out
    assert "  stacks/org/Pulumi.staging.yaml\n" in printed
    assert "  invoke preview-all --env staging\n  invoke deploy-all --env staging\n" in printed


def test_all_that_can_be_said(copy: Path) -> None:
    new_environment("staging", FULL, interactive=False, root=copy)
    check(discover("staging", copy), copy)
    assert config(copy, "org/Pulumi.staging.yaml")["org:organizationalUnits"] == ["Workloads/Production", "Sandboxes"]
    assert config(copy, "identity/Pulumi.staging.yaml") == {
        "identity:users": ["ada"],
        "identity:mfaEnrolment": ["ada"],
        "identity:automation": "oidc",
        "identity:oidc": {
            "issuer": "https://token.actions.githubusercontent.com",
            "audience": "sts.amazonaws.com",
            "subjects": ["repo:acme/infrastructure:ref:refs/heads/main"],
        },
    }
    assert config(copy, "policies/Pulumi.staging.yaml")["policies:backup"] == {
        "organizationalUnits": ["Workloads", "Sandboxes"],
        "primaryRegions": ["eu-central-1"],
        "copyRegion": "eu-west-1",
    }
    assert config(copy, "accounts/Pulumi.staging.web-shop.yaml") == {
        "accounts:name": "WebShopAccount",
        "accounts:email": "aws-web-shop@example.com",
        "accounts:organizationalUnit": "Workloads/Production",
    }
    assert config(copy, "accounts/Pulumi.staging.lab.yaml")["accounts:organizationalUnit"] == "Sandboxes"
    provider = "\nsecretsprovider: awskms://alias/pulumi?region=eu-central-1\n"
    assert all(provider in file.read_text() for file in copy.glob("stacks/*/Pulumi.staging*"))


def test_an_organization_that_exists_gets_no_policy(copy: Path) -> None:
    new_environment("staging", {**GIVEN, "organization": "lookup"}, interactive=False, root=copy)
    check(discover("staging", copy), copy)
    assert config(copy, "org/Pulumi.staging.yaml") == {
        "org:mode": "lookup",
        "org:projectFeatures": False,
        "org:organizationalUnits": ["Development"],
    }
    policies = config(copy, "policies/Pulumi.staging.yaml")
    assert policies["policies:rootTags"] is False
    assert policies["policies:resourceControl"] is None
    assert policies["policies:serviceControl"] == {"/": {"guardrails": []}}


def test_it_can_be_repeated_also_after_it_was_killed(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_environment("staging", FULL, interactive=False, root=copy)
    # The engine adds keys of its own.
    org = copy / "stacks/org/Pulumi.staging.yaml"
    org.write_text(f"{org.read_text()}encryptionsalt: {SALT}\n")
    written = files(copy)
    (copy / "stacks/policies/Pulumi.staging.yaml").unlink()
    capsys.readouterr()
    new_environment("staging", FULL, interactive=False, root=copy)
    assert files(copy) == written
    printed = capsys.readouterr().out
    assert "  stacks/org/Pulumi.staging.yaml, which was there\n" in printed
    assert "  stacks/policies/Pulumi.staging.yaml\n" in printed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"region": None}, "--region is missing: Region of the stacks, such as eu-central-1"),
        ({"management_account": "1234"}, "--management-account is '1234': not an account id, which has 12 digits"),
        ({"region": "eu-mars-1"}, "--region is 'eu-mars-1': no such region; allowed here: eu-central-1,"),
        ({"organization": "new"}, "--organization is 'new': allowed: create, for a management account without"),
        ({"ou": ["a//b"]}, "--ou is 'a//b': allowed: OU names joined by '/'"),
        ({"user": ["ada", "a b"]}, "--user is 'a b': allowed: 1 to 64 of A-Z a-z"),
        ({"user": ["cicd-automation"]}, "identity:users lists cicd-automation, which is automation"),
        ({"oidc_issuer": "http://x"}, "--oidc-issuer is 'http://x': allowed: https://HOST"),
        ({"oidc_subject": ["repo:*"]}, "identity:oidc.subjects.0 is 'repo:*'"),
        (
            {"copy_region": "eu-central-1"},
            "policies:backup.copyRegion is 'eu-central-1', which is a primary region too",
        ),
        (
            {"copy_region": "eu-west-1", "organization": "lookup"},
            "--copy-region is 'eu-west-1' with --organization lookup",
        ),
        (
            {"secrets_provider": "awskms:alias"},
            "stacks/org/Pulumi.staging.yaml: secretsprovider is 'awskms:alias'; allowed: passphrase, awskms://",
        ),
        ({"account": ["shop"]}, "--account is 'shop': allowed: NAME=ADDRESS or NAME=ADDRESS,OU"),
        (
            {"account": ["Shop=a@example.com"]},
            "--account is 'Shop=a@example.com': account 'Shop': allowed are lower-case",
        ),
        ({"account": ["shop=example.com"]}, "--account is 'shop=example.com': not an e-mail address"),
        (
            {"account": ["shop=a@example.com,Lab"]},
            "names the OU 'Lab', which stack org does not export; allowed: /, Development",
        ),
        (
            {"account": ["a=a@example.com", "a=b@example.com"]},
            "--account has a more than once; allowed: each name once",
        ),
        ({"account": ["a=a@example.com", "b=A@example.com"]}, "allowed: an address that no other account has"),
        (
            {"account": ["a=developer-account@example.com"]},
            "'developer-account@example.com', which stacks/accounts/Pulumi.prod.developer.yaml has too; allowed: an",
        ),
        (
            {"management_account": "123456789012"},
            "stacks/org/Pulumi.staging.yaml: aws:allowedAccountIds is 123456789012, which stacks/org/Pulumi.prod.yaml "
            "has too; allowed: one environment for each management account",
        ),
    ],
)
@pytest.mark.usefixtures("nothing_written")
def test_what_is_wrong_is_said_before_anything_is_written(copy: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as raised:
        new_environment("staging", {**GIVEN, **options}, interactive=False, root=copy)
    assert message in str(raised.value)
    assert str(raised.value).endswith("\nNothing was written.")


@pytest.mark.usefixtures("nothing_written")
def test_everything_that_is_wrong_is_said_at_once(copy: Path) -> None:
    with pytest.raises(UserError) as raised:
        new_environment("staging", {"user": ["a b"], "region": "x"}, interactive=False, root=copy)
    said = [line.partition(" is ")[0] for line in str(raised.value).splitlines()]
    assert said == ["--region", "--user", "--management-account", "Nothing was written."]


@pytest.mark.parametrize("name", ["prod", "sandbox", "Staging", "a.b"])
@pytest.mark.usefixtures("nothing_written")
def test_a_name_that_is_taken_or_not_allowed(copy: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"allowed") as raised:
        new_environment(name, {**GIVEN, "management_account": "210987654321"}, interactive=False, root=copy)
    if name == "prod":
        assert "not overwritten: stacks/accounts/Pulumi.prod.developer.yaml, stacks/accounts/" in str(raised.value)
    if name in ("Staging", "a.b"):
        assert isinstance(raised.value, LayerError)


def test_an_account_that_was_not_named_is_in_the_way(copy: Path) -> None:
    new_environment("staging", FULL, interactive=False, root=copy)
    with pytest.raises(UserError, match=r"overwritten: stacks/accounts/Pulumi.staging.lab.yaml; allowed"):
        new_environment("staging", {**FULL, "account": FULL["account"][:1]}, interactive=False, root=copy)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What is typed, by the beginning of the question; Enter alone at the others. `asked` has the questions."""
    found: dict[str, list[str]] = {"asked": []}

    def answer(question: str) -> str:
        found["asked"].append(question)
        key = next((each for each in found if question.startswith(each)), None)
        return found[key].pop(0) if key and found[key] else ""

    monkeypatch.setattr(answers, "answer", answer)
    return found


def test_in_a_terminal_it_asks(copy: Path, typed: dict[str, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    typed["Id of the management account"] = ["12", ACCOUNT]
    typed["Paths of its OUs"] = ["Workloads/Production Sandboxes"]
    typed["First accounts"] = ["shop=aws-shop@example.com"]
    new_environment("staging", {"region": "eu-central-1"}, interactive=True, root=copy)
    assert "--management-account is '12': not an account id" in capsys.readouterr().out
    assert config(copy, "org/Pulumi.staging.yaml")["org:organizationalUnits"] == ["Workloads/Production", "Sandboxes"]
    assert config(copy, "accounts/Pulumi.staging.shop.yaml")["accounts:organizationalUnit"] == "Workloads/Production"
    assert not [each for each in typed["asked"] if each.startswith("Region of the stacks")], (
        "an option is not asked for"
    )
    assert (
        "Developers, IAM users to make in the management account [none: they come from SSO or are made elsewhere]: "
        in (typed["asked"])
    )


def test_nothing_is_asked_if_what_must_be_said_is(copy: Path, typed: dict[str, list[str]]) -> None:
    new_environment("staging", GIVEN, interactive=True, root=copy)
    assert typed["asked"] == []


@pytest.mark.usefixtures("nothing_written", "typed")
def test_no_answer_ends_it(copy: Path) -> None:
    with pytest.raises(UserError, match=r"--management-account is missing"):
        new_environment("staging", {}, interactive=True, root=copy)
