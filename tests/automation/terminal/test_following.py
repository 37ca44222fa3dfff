"""What is said at the end, by command, result and environment."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from automation import runs
from automation.cli import Options
from automation.events import CLOSED_ACCOUNT, Change, Record
from automation.operations import COMPARE, DEPLOY, DESTROY, PREVIEW, REFRESH
from automation.queue import Outcome, Status
from automation.reporting.following import Following, following
from automation.results import Wording
from automation.target import Target
from shared.layers import StackId
from tests.automation.terminal.scenes import DEPLOYED, DRIFTED, FAILED, GONE, NOTHING, ORG, PAYMENTS, done, record, run

Results = Mapping[StackId, Outcome[StackId, Record]]

IMPORT = Wording("import", "importing", "imported")
PAYMENTS_ONLY = {PAYMENTS: DEPLOYED[PAYMENTS]}
DRIFT = {**NOTHING, **done({PAYMENTS: DRIFTED})}
UNDEPLOYED = done({PAYMENTS: record(2, "created")})
CLOSED = done({PAYMENTS: Record(drift=[Change(GONE.resource, CLOSED_ACCOUNT)])})
STOPPED = {ORG: Outcome[StackId, Record](ORG, Status.CANCELLED)}

ALL = Target("sandbox")
PROD = Target("prod")
ONE = Target("prod", PAYMENTS.label)
LAYER = Target("sandbox", "org")
ACCOUNTS = Target("prod", "accounts")
SOME = Options("prod", only=["accounts/dev*"], with_dependents=True).target()
AFFECTED = Options("prod", affected="origin/main").target()
UP, ONLY = f"invoke up {PAYMENTS.label} --env prod", f"--only {PAYMENTS.label} --env prod"


@pytest.mark.parametrize(
    ("wording", "results", "target", "said", "commands"),
    [
        (DEPLOY, DEPLOYED, ALL, "", ["invoke outputs", "invoke access"]),
        (DEPLOY, DEPLOYED, PROD, "", ["invoke outputs --env prod", "invoke access --env prod"]),
        (DEPLOY, PAYMENTS_ONLY, ONE, "", [f"invoke outputs {ONLY}", "invoke access --env prod"]),
        (DEPLOY, {ORG: DEPLOYED[ORG]}, LAYER, "", ["invoke outputs --only org"]),
        (DEPLOY, PAYMENTS_ONLY, AFFECTED, "", ["invoke outputs --env prod", "invoke access --env prod"]),
        (DEPLOY, NOTHING, ALL, "Nothing was to be deployed.", ["invoke drift"]),
        (DEPLOY, NOTHING, ONE, "Nothing was to be deployed.", [f"invoke drift {ONLY}"]),
        (PREVIEW, DEPLOYED, ALL, "", ["invoke deploy-all"]),
        (PREVIEW, DEPLOYED, PROD, "", ["invoke deploy-all --env prod"]),
        (PREVIEW, PAYMENTS_ONLY, ONE, "", [UP]),
        (PREVIEW, {ORG: DEPLOYED[ORG]}, LAYER, "", ["invoke up org"]),
        (PREVIEW, PAYMENTS_ONLY, ACCOUNTS, "", ["invoke up accounts --env prod"]),
        (PREVIEW, DEPLOYED, SOME, "", ["invoke deploy-all --only 'accounts/dev*' --with-dependents --env prod"]),
        (PREVIEW, DEPLOYED, AFFECTED, "", ["invoke deploy-all --affected=origin/main --env prod"]),
        (PREVIEW, NOTHING, PROD, "Nothing would change.", []),
        (REFRESH, DEPLOYED, PROD, "", ["invoke preview-all --env prod"]),
        (REFRESH, PAYMENTS_ONLY, ONE, "", [f"invoke preview {PAYMENTS.label} --env prod"]),
        (REFRESH, NOTHING, PROD, "The states have what AWS has.", []),
        (COMPARE, NOTHING, PROD, "No drift: AWS has what the programs say, in 5 stacks.", []),
        (
            COMPARE,
            DRIFT,
            PROD,
            "Drift in 1 of 5 stacks. To bring AWS back to the programs: record what AWS has, then deploy.",
            ["invoke refresh-all --env prod", "invoke deploy-all --env prod"],
        ),
        (
            COMPARE,
            UNDEPLOYED,
            ONE,
            f"Drift in {PAYMENTS.label}. AWS has what the states say: a deployment brings it to the programs.",
            [UP],
        ),
        (
            COMPARE,
            DRIFT,
            ACCOUNTS,
            "Drift in 1 of 5 stacks. To bring AWS back to the programs: record what AWS has, then deploy.",
            ["invoke refresh-all --layer accounts --env prod", "invoke up accounts --env prod"],
        ),
        (COMPARE, CLOSED, PROD, f"Drift in {PAYMENTS.label}.", []),
        (DESTROY, done({ORG: record(5, "deleted")}), ALL, "", []),
        (DESTROY, NOTHING, ALL, "Nothing was there to destroy.", []),
        (IMPORT, PAYMENTS_ONLY, ONE, "", [f"invoke preview {PAYMENTS.label} --env prod"]),
        (IMPORT, DEPLOYED, PROD, "", []),
    ],
)
def test_what_follows_fits_what_was_done(
    wording: Wording, results: Results, target: Target, said: str, commands: list[str]
) -> None:
    assert following(run(wording, results), target) == Following(said, tuple(commands))


@pytest.mark.parametrize("wording", [DEPLOY, PREVIEW, REFRESH, COMPARE, DESTROY])
def test_after_a_failure_the_same_command_is_repeated(wording: Wording) -> None:
    typed = "destroy-all --env prod --include-protected --confirm prod"
    found = following(run(wording, FAILED), Target("prod", typed=typed))
    assert found.commands == (f"invoke {typed}",)
    assert found.said.startswith("Not everything got done: 2 of 5 stacks are open. What was done stays; after mending")
    stopped = following(run(wording, STOPPED), Target("prod", typed=typed))
    assert stopped.said == "The run was stopped: 1 of 1 stacks are open. What was done stays; the same command goes on."
    assert following(run(wording, FAILED), Target("prod")).commands == ()


def test_what_a_preview_was_told_its_deployment_is_told() -> None:
    found = following(run(PREVIEW, DEPLOYED), SOME, ("--force",))
    assert found.commands == ("invoke deploy-all --only 'accounts/dev*' --with-dependents --force --env prod",)
    # The plan says which stacks.
    found = following(run(PREVIEW, DEPLOYED), SOME, ("--plan", "plan.json"))
    assert found.commands == ("invoke deploy-all --plan plan.json --env prod",)


def test_a_shell_that_does_not_know_invoke_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_ = tmp_path / "my project/.venv/bin"
    bin_.mkdir(parents=True)
    for name in ("python", "invoke", "activate"):
        (bin_ / name).touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(bin_ / "python"))
    monkeypatch.chdir(bin_.parent.parent)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert runs.activation() == ". .venv/bin/activate"
    monkeypatch.chdir(tmp_path)
    assert runs.activation() == ". 'my project/.venv/bin/activate'"
    monkeypatch.setenv("PATH", f"{bin_}:/usr/bin:/bin")
    assert runs.activation() is None
