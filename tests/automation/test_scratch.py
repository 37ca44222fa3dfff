"""The backend and the configuration with which a stack that does not exist yet is previewed."""

from pathlib import Path

import pytest

from automation import scratch
from shared.layers import StackId

ACCOUNT = StackId("accounts", "prod", "one")
CONFIG = "config:\n  accounts:tags:\n    Owner: on\n    Code: 012\n"
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"


def prepared(root: Path, text: str) -> tuple[str, dict[str, str]]:
    file = ACCOUNT.config_file(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    copy, variables = scratch.prepare(root / "new", ACCOUNT, root)
    assert file.read_text() == text
    return copy.read_text(), variables


@pytest.fixture(autouse=True)
def no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (PASSPHRASE, f"{PASSPHRASE}_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_the_engine_reads_the_values_as_they_are_written(tmp_path: Path) -> None:
    assert prepared(tmp_path, CONFIG)[0] == CONFIG


def test_a_secrets_provider_that_was_never_used_is_not_asked(tmp_path: Path) -> None:
    text, variables = prepared(tmp_path, f"secretsprovider: awskms://alias/key\n{CONFIG}")
    assert text == CONFIG
    assert len(variables[PASSPHRASE]) >= 32


@pytest.mark.parametrize("key", ["encryptionsalt", "encryptedkey"])
def test_what_is_encrypted_keeps_its_provider(tmp_path: Path, key: str) -> None:
    given = f"secretsprovider: awskms://alias/key\n{key}: abc\n{CONFIG}"
    text, variables = prepared(tmp_path, given)
    assert text == given
    assert PASSPHRASE not in variables


@pytest.mark.parametrize("name", [PASSPHRASE, f"{PASSPHRASE}_FILE"])
def test_the_users_passphrase_is_used(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "given")
    assert prepared(tmp_path, CONFIG)[1].keys() == {"PULUMI_BACKEND_URL"}


def test_the_backend_has_the_stack_and_those_that_it_reads(tmp_path: Path) -> None:
    prepared(tmp_path, CONFIG)
    prepared(tmp_path, CONFIG)
    found = (tmp_path / "new" / ".pulumi" / "stacks").rglob("*.json")
    assert {f"{file.parent.name}/{file.stem}" for file in found} == {
        "org/prod",
        "identity/prod",
        "policies/prod",
        "accounts/prod.one",
    }


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("config:\n  accounts:email:\n    secure: abc\n", True),
        ("config:\n  accounts:all:\n    - secure: abc\n", True),
        ("encryptionsalt: v1:a\nconfig:\n  accounts:email:\n    secure: v1:b\n", False),
        ("secretsprovider: awskms://x\nencryptedkey: a\nconfig:\n  accounts:email:\n    secure: v1:b\n", False),
        (CONFIG, False),
    ],
)
def test_what_pulumi_cloud_has_encrypted_is_recognized(tmp_path: Path, text: str, service: bool) -> None:
    file = ACCOUNT.config_file(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert scratch.by_service(ACCOUNT, tmp_path) is service
