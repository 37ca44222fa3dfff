"""What a new environment is to be: from the options of the command, or asked for in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from automation.asking import answer
from automation.management_account import account_in
from shared.errors import LayerError, UsageError
from shared.layers import check_name
from shared.settings.fields import Email, IamName, Issuer, OuPath, RegionName

CREATE, LOOKUP = "create", "lookup"

GITHUB = "https://token.actions.githubusercontent.com"
"""https://docs.github.com/en/actions/reference/security/oidc"""


@dataclass(frozen=True)
class NewAccount:
    """An account to make: `name` is what it is called here. Without a `unit` it is in the first OU of the list."""

    name: str
    email: str
    unit: str | None = None


@dataclass(frozen=True)
class Answers:
    """All that the files of an environment follow from. An empty text says that there is none."""

    management_account: str
    region: str
    organization: str
    ou: list[str]
    user: list[str]
    oidc_subject: list[str]
    oidc_issuer: str
    copy_region: str
    secrets_provider: str
    account: list[NewAccount]


@dataclass(frozen=True)
class Question:
    """What one option is about. `read` raises `ValueError` for what is not allowed.

    Without a `default` there must be an answer. With `several`, it is a list; in a terminal, with spaces between.
    """

    asks: str
    read: Callable[[str], Any]
    default: str | None = None
    several: bool = False
    empty: str = ""
    """What no answer means, if the default is empty."""


def _typed(kind: Any) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return TypeAdapter(kind).validate_python(text)
        except ValidationError as error:
            raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None

    return read


def _mode(text: str) -> str:
    if text not in (CREATE, LOOKUP):
        raise ValueError(f"allowed: {CREATE}, for a management account without an organization, or {LOOKUP}")
    return text


def _account(text: str) -> NewAccount:
    name, equals, rest = text.partition("=")
    if not equals:
        raise ValueError("allowed: NAME=ADDRESS or NAME=ADDRESS,OU, such as web-shop=aws-web-shop@example.com")
    try:
        check_name("account", name)
    except LayerError as error:
        raise ValueError(str(error)) from None
    email, comma, unit = rest.partition(",")
    return NewAccount(name, _typed(Email)(email), _typed(OuPath)(unit) if comma else None)


QUESTIONS: dict[str, Question] = {
    "management_account": Question(
        "Id of the management account, twelve digits: aws sts get-caller-identity --query Account --output text",
        lambda text: account_in([text]),
    ),
    "region": Question("Region of the stacks, such as eu-central-1", _typed(RegionName)),
    "organization": Question(
        f"Its organization: {CREATE} makes one, {LOOKUP} uses the one that is there and leaves it as it is",
        _mode,
        CREATE,
    ),
    "ou": Question("Paths of its OUs, such as Workloads/Production", _typed(OuPath), "Development", several=True),
    "user": Question(
        "Developers, IAM users to make in the management account",
        _typed(IamName),
        "",
        several=True,
        empty="none: they come from SSO or are made elsewhere",
    ),
    "oidc_subject": Question(
        "Whose tokens automation signs in with, such as repo:acme/infrastructure:ref:refs/heads/main",
        str,
        "",
        several=True,
        empty="an IAM user without keys, cicd-automation",
    ),
    "oidc_issuer": Question("Who issues these tokens", _typed(Issuer), GITHUB),
    "copy_region": Question(
        "Region for the copies of monthly backups", _typed(RegionName), "", empty="no backup policy"
    ),
    "secrets_provider": Question(
        "Pulumi's secrets provider, such as awskms://alias/pulumi?region=eu-central-1",
        str,
        "",
        empty="the backend's own, or a passphrase",
    ),
    "account": Question(
        "First accounts, each as NAME=ADDRESS or NAME=ADDRESS,OU", _account, "", several=True, empty="none yet"
    ),
}
"""By the name of the option, in the order in which they are asked."""

Given = Mapping[str, str | Sequence[str] | None]
"""The options of the command, None or empty where they were not given."""


def answers(given: Given, *, interactive: bool) -> Answers:
    """The answers of the options. In a terminal the others are asked for, unless all that have no default were given.

    Raises `UsageError` with everything that is wrong.
    """
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for name, question in QUESTIONS.items():
        texts = _texts(given.get(name))
        if texts:
            try:
                found[name] = _read(question, texts)
            except ValueError as error:
                wrong.append(_wrong(name, error))
    missing = [name for name, each in QUESTIONS.items() if each.default is None and not _texts(given.get(name))]
    if missing and not interactive:
        wrong += [f"{option(name)} is missing: {QUESTIONS[name].asks}" for name in missing]
    if wrong:
        raise UsageError("\n".join([*wrong, "Nothing was written."]))
    for name, question in QUESTIONS.items():
        if name not in found:
            found[name] = _asked(name, question) if missing else _default(question)
    return Answers(**found)


def option(name: str) -> str:
    """An option as it is typed."""
    return f"--{name.replace('_', '-')}"


def _texts(value: str | Sequence[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _read(question: Question, texts: Sequence[str]) -> Any:
    """Raises `ValueError`, with the text that is wrong."""
    found = []
    for text in texts:
        try:
            found.append(question.read(text.strip()))
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from None
    return found if question.several else found[0]


def _wrong(name: str, error: ValueError) -> str:
    return f"{option(name)} is {error}"


def _default(question: Question) -> Any:
    return _read(question, [question.default]) if question.default else [] if question.several else ""


def _asked(name: str, question: Question) -> Any:
    """Ask until the answer is allowed; without one it is the default. Raises `UsageError` if there is none."""
    offered = question.default or question.empty
    while True:
        typed = answer(f"{question.asks}{f' [{offered}]' if offered else ''}: ")
        texts = typed.split() if question.several else [typed] if typed else []
        if not texts and question.default is None:
            raise UsageError(f"{option(name)} is missing: {question.asks}\nNothing was written.")
        try:
            return _read(question, texts) if texts else _default(question)
        except ValueError as error:
            print(_wrong(name, error))
