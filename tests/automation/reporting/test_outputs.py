"""Outputs as they are shown: for people, for scripts, one alone."""

import json
from typing import Any

import pytest

from automation import operations
from automation.reporting import outputs
from shared.errors import UsageError
from shared.layers import StackId
from tests.automation.small_repository import Repository

ORG, WEB = StackId("org", "sandbox"), StackId("accounts", "sandbox", "web")
FOUND: dict[StackId, dict[str, Any]] = {ORG: {"rootId": "r-1", "units": {"Dev": "ou-1"}, "key": "[secret]"}}


def test_one_and_many_stacks_with_secrets_masked_unless_asked(repository: Repository) -> None:
    org, web = repository.plan("org", {"org": {"color": "red"}}, secret=True), repository.plan("accounts/web", {})
    for layer in ("identity", "policies"):
        repository.plan(layer, {})
    operations.deploy(repository.run(), [org], yes=True, interactive=False)
    run = repository.run()
    masked = outputs.read(run.engine, [org, web], parallel=run.parallel)
    assert masked == {org: {"items": ["org"], "word": "[secret]"}}
    assert json.loads(outputs.as_json(masked)) == {"org": {"items": ["org"], "word": "[secret]"}}
    outputs.show(run.console, [org, web], masked)
    printed = 'org\n  items: ["org"]\n  word: [secret]\naccounts/web\n  not deployed yet\n'
    assert repository.printed.getvalue() == printed
    assert outputs.one(outputs.read(run.engine, [org], parallel=1, show_secrets=True), [org], "word") == "hush"


def test_one_output_is_printed_bare() -> None:
    assert outputs.one(FOUND, [ORG], "rootId") == "r-1"
    assert outputs.one(FOUND, [ORG], "units") == '{"Dev": "ou-1"}'


@pytest.mark.parametrize(
    ("chosen", "name", "message"),
    [
        ([ORG, WEB], "rootId", "for one stack, and these are chosen: org, accounts/web; allowed: --only with one of"),
        ([ORG], "rootID", "--name is 'rootID'; allowed, of org: key, rootId, units"),
        ([WEB], "rootId", "--name is 'rootId'; allowed, of accounts/web: none, accounts/web is not deployed yet"),
        ([ORG], "key", "output 'key' of org is secret; to print it: --show-secrets"),
    ],
)
def test_anything_but_one_output_is_refused(chosen: list[StackId], name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        outputs.one(FOUND, chosen, name)
    assert message in str(caught.value)
