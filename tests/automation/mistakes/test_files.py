"""Mistakes in the files of stacks: each is one error, with file, line, key, value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automation.validation import problems_of
from tests.configuration import SALT, write_sandbox

ORG = "stacks/org/Pulumi.sandbox.yaml"
IDENTITY = "stacks/identity/Pulumi.sandbox.yaml"
POLICIES = "stacks/policies/Pulumi.sandbox.yaml"
DEVELOPER = "stacks/accounts/Pulumi.sandbox.developer.yaml"

Edit = Callable[[str], str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_sandbox(tmp_path)


def swap(old: str, new: str) -> Edit:
    """The text with `old`, which must be there, replaced."""

    def edit(text: str) -> str:
        assert old in text, text
        return text.replace(old, new, 1)

    return edit


def more(lines: str) -> Edit:
    """The text with more lines under `config:`."""
    return swap("config:\n", "config:\n" + "".join(f"  {line}\n" for line in lines.splitlines()))


def top(line: str) -> Edit:
    return lambda text: f"{text}{line}\n"


MISTAKES: dict[str, tuple[str, Edit, str]] = {
    # The file is none.
    "a key twice": (
        ORG,
        more("org:mode: create"),
        ":4:3: not YAML: the key 'org:mode' is there twice, in line 2 too\n",
    ),
    "a key twice, inside": (
        POLICIES,
        swap("copyRegion: us-east-1", "copyRegion: us-east-1\n    copyRegion: us-east-1"),
        ": not YAML: the key 'copyRegion' is there twice",
    ),
    "a tab": (
        ORG,
        swap("  org:mode", "\torg:mode"),
        "found a tab character that violates indentation; lines are indented with spaces",
    ),
    "a bracket": (ORG, top("x: ["), ": not YAML: did not find expected node content"),
    "two colons": (DEVELOPER, swap("DeveloperAccount", "A: B"), ":3:19: not YAML: mapping values are not allowed"),
    "a quote that is not closed": (DEVELOPER, swap("DeveloperAccount", "'A"), ":3:18: not YAML: found unexpected end"),
    "an alias": (DEVELOPER, swap("DeveloperAccount", "*dev"), "a value that begins with * is put in quotes"),
    "a control character": (ORG, top("x: \x01"), ": not YAML: the control character 0x01"),
    "a date that is none": (DEVELOPER, swap("DeveloperAccount", "2026-02-31"), ": not YAML: day is out of range"),
    "two documents": (ORG, top("---\nconfig: {}"), ": not YAML: but found another document"),
    "a list": (ORG, lambda _text: "- a\n", ": ['a']; allowed: a mapping with the key config"),
    "no mapping in config": (ORG, lambda _text: "config: 7\n", "config is 7; allowed: a mapping"),
    "config with a slip": (ORG, swap("config:", "confg:"), ":1: unknown key confg; did you mean config?"),
    "a key at the top": (ORG, top("org:protect: false"), ": unknown key org:protect; allowed at the top: config, "),
    # Secrets.
    "a secrets provider": (
        ORG,
        top("secretsprovider: awskm://alias/x"),
        "secretsprovider is 'awskm://alias/x'; allowed: ",
    ),
    "a secrets provider with a slip": (ORG, top("secretsprovider: passphras"), "allowed: passphrase, awskms://…"),
    "a secrets provider that is a number": (ORG, top("secretsprovider: 1"), "secretsprovider is '1'; allowed"),
    "a salt that is cut off": (ORG, swap(SALT, SALT[:20]), ": encryptionsalt is cut off or changed"),
    "a salt that is changed": (ORG, swap("3XAL9Mb5CYk=", "3XAL9Mb5CY"), ": encryptionsalt is cut off or changed"),
    "a text that is cut off": (
        DEVELOPER,
        swap("developer-account@example.com", "{secure: 'v1:AbC'}"),
        ":4: accounts:email is encrypted, and not whole",
    ),
    "a text that is no base64": (
        DEVELOPER,
        more("accounts:alias: {secure: 'v1:3XAL9Mb5CYk=:%%'}"),
        ":2: accounts:alias is encrypted, and not whole",
    ),
    "a key of AWS, to read": (ORG, more("aws:secretKey: abc"), ":2: aws:secretKey is there as it is, for everyone"),
    "a token of AWS, to read": (ORG, more("aws:token: abc"), ":2: aws:token is there as it is"),
    # Keys.
    "a key of AWS's provider": (ORG, more("aws:profil: x"), ":2: unknown key aws:profil; did you mean aws:profile?"),
    "a key that AWS's provider has not": (ORG, more("aws:colour: x"), ":2: unknown key aws:colour; allowed: the keys"),
    "another layer's key": (
        ORG,
        more("identity:users: []"),
        ":2: unknown key identity:users; allowed: keys that begin",
    ),
    "a namespace with a slip": (
        ORG,
        more("ogr:protect: true"),
        ":2: unknown key ogr:protect; allowed: keys that begin",
    ),
    "no namespace": (ORG, more("protect: true"), ":2: unknown key protect; allowed: keys that begin with org:"),
    "a key with a slip": (
        ORG,
        more("org:protct: true"),
        ":2: unknown key org:protct (value 'true'); did you mean protect?",
    ),
    "a required key with a slip": (
        DEVELOPER,
        swap("accounts:email", "accounts:emial"),
        "; did you mean email? allowed",
    ),
    "a key in another case": (ORG, more("org:Protect: true"), "; did you mean protect?"),
    "a key inside": (
        POLICIES,
        swap("copyRegion", "copyregion"),
        "copyregion (value 'us-east-1'); did you mean copyRegion?",
    ),
    "a key that is missing": (DEVELOPER, swap("  accounts:name: DeveloperAccount\n", ""), ": accounts:name is missing"),
    # Values.
    "a switch that is a word": (ORG, more("org:protect: 'no'"), ":2: org:protect is 'no': allowed: true or false"),
    "a switch of YAML 1.1": (ORG, more("org:protect: no"), ":2: org:protect is 'no': allowed: true or false"),
    "a switch that is off": (
        DEVELOPER,
        more("accounts:protect: off"),
        ":2: accounts:protect is 'off': allowed: true or",
    ),
    "a switch that is a number": (ORG, more("org:protect: 0"), ":2: org:protect is '0': allowed: true or false"),
    "a switch that is nothing": (ORG, more("org:protect: null"), ":2: org:protect is 'null': allowed: true or false"),
    "a word that is not there": (
        ORG,
        swap("mode: create", "mode: creat"),
        "org:mode is 'creat': allowed: create or lookup; did",
    ),
    "text for a list": (
        IDENTITY,
        swap("users:\n  - ada\n  - grace", "users: ada"),
        "identity:users is 'ada': allowed: a list",
    ),
    "a list for text": (DEVELOPER, swap("DeveloperAccount", "[A]"), "accounts:name is '[\"A\"]': allowed: text"),
    "a number for text": (
        DEVELOPER,
        swap("DeveloperAccount", "17"),
        ":3: accounts:name is '17': allowed: text; a number",
    ),
    "a tag that is a number": (
        DEVELOPER,
        swap("Owner: platform-team", "Owner: 017"),
        ":9: accounts:tags.Owner is '15': allowed: text",
    ),
    "a tag that is a switch": (
        DEVELOPER,
        swap("Owner: platform-team", "Owner: true"),
        "accounts:tags.Owner is 'true': allowed",
    ),
    "a region": (ORG, swap("us-west-2", "us-west-9"), ":2: aws:region is 'us-west-9'; allowed: one of"),
    "no region": (ORG, swap("  aws:region: us-west-2\n", ""), ": aws:region is None; allowed: one of"),
    "an address": (
        DEVELOPER,
        swap("developer-account@example.com", "dev@localhost"),
        ":4: accounts:email is 'dev@localhost': not",
    ),
    "a name that AWS refuses": (
        DEVELOPER,
        swap("DeveloperAccount", "Entwicklung Süd"),
        ":3: accounts:name is 'Entwicklung Süd'",
    ),
    "a name that is too long": (DEVELOPER, swap("DeveloperAccount", "a" * 51), ":3: accounts:name is 'aaa"),
    "a tag value that AWS refuses": (
        DEVELOPER,
        swap("platform-team", "a;b"),
        "accounts:tags.Owner is 'a;b': allowed: up to",
    ),
    "a tag key that AWS keeps": (
        DEVELOPER,
        swap("Owner: platform-team", "aws:x: y\n    Owner: z"),
        "accounts:tags.aws:x",
    ),
    "an OU that is not there": (
        DEVELOPER,
        swap("Unit: Development", "Unit: Developmnt"),
        "names the OU 'Developmnt', which",
    ),
    "an OU with a slash too many": (ORG, swap("- Development", "- /Development"), "allowed: OU names joined by '/'"),
    "an OU too deep": (ORG, swap("- Development", "- Development\n  - A/B/C/D/E/F"), "6 levels; AWS allows 5"),
    "a tag that the OU does not allow": (
        DEVELOPER,
        swap("CostCenter: Development", "CostCenter: Sales"),
        "the OU allows: Devel",
    ),
    "a tag that the OU requires": (
        DEVELOPER,
        swap("    CostCenter: Development\n", ""),
        "accounts:tags.CostCenter is missing",
    ),
    "two users of one name": (IDENTITY, swap("- grace", "- Ada"), 'identity:users is \'["ada", "Ada"]\': listed twice'),
    "a region that the OU closes": (
        DEVELOPER,
        swap("us-west-2", "eu-west-1"),
        "aws:region is 'eu-west-1', which policies:",
    ),
    "a second region that the OU closes": (
        DEVELOPER,
        more("accounts:regions: [us-east-1, eu-west-1]"),
        ":2: accounts:regions.1 is 'eu-west-1', which policies:serviceControl.Development.allowedRegions closes; ",
    ),
    "a guardrail that is none": (
        POLICIES,
        swap("allowedRegions", "guardrails: [DenyAll]\n      allowedRegions"),
        "guardrails.0 is 'DenyAll'",
    ),
    "a role that is none": (DEVELOPER, more("accounts:roleActions: {DevRole: ['s3:*']}"), "accounts:roleActions."),
    "actions that are text": (
        DEVELOPER,
        more("accounts:roleActions: {DeveloperRole: 's3:*'}"),
        "is 's3:*': allowed: a list",
    ),
    "an amount": (
        DEVELOPER,
        more("accounts:budget: {monthlyAmount: lots, emails: [a@example.com]}"),
        "monthlyAmount is 'lots'",
    ),
    "days that are text": (
        POLICIES,
        swap("copyRegion", "deleteAfterDays: ten\n    copyRegion"),
        "policies:backup.deleteAfterDays",
    ),
}
"""What was done wrong → the file, the edit, and a part of the one error. Lines are those of the tests' own files."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_error(root: Path, name: str) -> None:
    file, edit, expected = MISTAKES[name]
    path = root / file
    path.write_text(edit(path.read_text()))
    found = problems_of("sandbox", root)
    assert len(found) == 1, found
    assert found[0].startswith(f"{file}:"), found
    assert expected in found[0]
    assert "unicode string" not in found[0]
    assert "Input should" not in found[0]


def test_nothing_is_wrong_before(root: Path) -> None:
    assert problems_of("sandbox", root) == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("accounts/Pulumi.sandbox.x.yml", "the engine reads no .yml; allowed: Pulumi.sandbox.x.yaml"),
        ("org/Pulumi.sandbox.yml", "the engine reads no .yml; allowed: Pulumi.sandbox.yaml"),
        (
            "accounts/Pulumi.sandbx.x.yaml",
            "no environment is called 'sandbx'; did you mean stacks/accounts/Pulumi.sandbox.x.yaml?",
        ),
        ("accounts/Pulumi.sandbox.yaml", "no stack of accounts is called so; allowed: Pulumi.sandbox.ACCOUNT.yaml"),
        ("org/Pulumi.sandbox.x.yaml", "no stack of org is called so; allowed: Pulumi.sandbox.yaml"),
    ],
)
def test_a_file_that_nobody_would_read(root: Path, wrong: str, expected: str) -> None:
    (root / "stacks" / wrong).write_text("config: {}\n")
    assert problems_of("sandbox", root) == [f"stacks/{wrong}: {expected}"]


def test_an_address_of_another_account(root: Path) -> None:
    (root / DEVELOPER).write_text((root / DEVELOPER).read_text().replace("developer-account@", "Shared-Test-Account@"))
    (problem,) = problems_of("sandbox", root)
    assert "shared-test.yaml:4: accounts:email is 'shared-test-account@example.com', which " in problem
    assert f"which {DEVELOPER} has too; allowed: an address that no other account has" in problem


def test_another_environment_of_a_similar_name_is_none_of_these(root: Path) -> None:
    for layer in ("org", "identity", "policies"):
        (root / "stacks" / layer / "Pulumi.sandbox2.yaml").write_text("config: {}\n")
    (root / "stacks/accounts/Pulumi.production.x.yaml").write_text("config: {}\n")
    assert problems_of("sandbox", root) == []


def test_a_folder_and_a_file_that_nobody_may_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / DEVELOPER).unlink()
    (root / DEVELOPER).mkdir()
    assert problems_of("sandbox", root) == [f"{DEVELOPER}: a folder; allowed: a file"]
    (root / DEVELOPER).rmdir()
    (root / DEVELOPER).write_text("config: {}\n")

    def refused(path: Path) -> bytes:
        if path.name.endswith("developer.yaml"):
            raise PermissionError(13, "Permission denied", str(path))
        return path.open("rb").read()

    monkeypatch.setattr(Path, "read_bytes", refused)  # these tests may be root's, who may read all
    assert problems_of("sandbox", root) == [f"{DEVELOPER}: cannot be read: Permission denied"]


def test_a_file_that_is_not_utf_8(root: Path) -> None:
    (root / DEVELOPER).write_bytes((root / DEVELOPER).read_text().replace("Owner", "Öwner").encode("latin-1"))
    (problem,) = problems_of("sandbox", root)
    assert problem == f"{DEVELOPER}:9: not UTF-8: the byte 0xd6; allowed: a file saved as UTF-8"
