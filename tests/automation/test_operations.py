"""Deploy, preview, refresh, drift and destroy with the real engine."""

import json
import re

import pytest

from automation import operations
from automation.stacks import StackFailed
from shared.errors import UsageError
from tests.automation.small_repository import Repository

RED = {"color": "red"}


def test_deploy_then_nothing_to_do(repository: Repository) -> None:
    for label in ("org", "identity"):
        repository.plan(label, {label: RED})
    run = repository.run()
    assert operations.deploy(run, run.stacks, yes=False, interactive=False) == 0
    assert repository.items() == {"org": "red", "identity": "red"}
    # One listing, and for each stack one command that makes it and one that deploys it.
    assert run.engine.processes.calls == 1 + 2 * 2
    printed = repository.printed.getvalue()
    assert "identity | created shelf:index:Item identity" in printed
    assert "creating" in (run.logs / "org.log").read_text()

    again = repository.run()
    assert operations.deploy(again, again.stacks, force=True, yes=False, interactive=False) == 0
    assert again.engine.processes.calls == 2
    printed = repository.printed.getvalue()
    assert len(re.findall(r"unchanged \(\d unchanged\)", printed)) == 2
    assert "created" not in printed.replace("created  ", "")


def test_a_failed_stack_stops_only_those_that_read_it(repository: Repository) -> None:
    repository.plan("org", {"org": RED})
    repository.plan("identity", {"bad": {"color": "refused"}})
    repository.plan("policies", {"policies": RED}, error="policies:mode is 'x'\nallowed: create, lookup")
    repository.plan("accounts/one", {"one": RED})
    run = repository.run()
    assert operations.deploy(run, run.stacks, yes=False, interactive=False) == 1
    assert {"org", "policies"} <= set(repository.items())
    assert "one" not in repository.items()
    printed = repository.printed.getvalue()
    assert "shelf:index:Item bad: " in printed
    assert "InvalidColor: bad cannot be of that color" in printed
    assert re.search(r"accounts/one +skipped \((identity|policies) failed\)", printed)
    assert "org.log" not in printed
    assert "identity.log" in printed
    # What a program says of its configuration is told as it is.
    assert "  policies:mode is 'x'\n  allowed: create, lookup\n" in printed
    assert "unhandled" not in printed
    assert "Traceback" not in printed


def test_fail_fast_skips_also_what_does_not_read_the_failed_stack(repository: Repository) -> None:
    repository.plan("org", {"org": RED})
    repository.plan("identity", {"bad": {"color": "refused"}})
    repository.plan("policies", {"policies": RED})
    repository.plan("accounts/one", {"one": RED})
    run = repository.run(parallel=1, fail_fast=True)
    assert operations.deploy(run, run.stacks, yes=False, interactive=False) == 1
    assert set(repository.items()) == {"org"}
    printed = repository.printed.getvalue()
    for label in ("policies", "accounts/one"):
        assert re.search(rf"^  {label} +skipped \(identity failed\)", printed, re.MULTILINE)
    assert "1 of 4 done" in printed


def test_preview_before_anything_is_deployed(repository: Repository) -> None:
    repository.plan("org", {"org": RED})
    identity = repository.plan("identity", {"identity": RED})
    run = repository.run()
    # The stack that is read is not among the chosen ones, and does not exist either.
    assert operations.preview(run, [identity]) == 0
    assert repository.items() == {}
    assert "would change (2 created)" in repository.printed.getvalue()


def test_drift_is_seen_taken_over_and_put_right(repository: Repository) -> None:
    repository.plan("org", {"gone": RED, "changed": RED, "same": RED})
    run = repository.run()
    operations.deploy(run, run.stacks, yes=False, interactive=False)
    assert operations.drift(repository.run(), run.stacks) == 0

    (repository.shelf / "gone.json").unlink()
    (repository.shelf / "changed.json").write_text(json.dumps({"name": "changed", "color": "blue", "seconds": 0}))
    assert operations.drift(repository.run(), run.stacks) == operations.DRIFT_EXIT

    rows = [line.split() for line in repository.printed.getvalue().splitlines() if line.startswith("  org ")]
    rows = [row for row in rows if "shelf:index:Item" in row]
    assert sorted(row[2] for row in rows) == ["changed", "gone"]
    assert [row[-1] for row in rows if row[2] == "changed"] == ["color"]
    assert repository.items() == {"changed": "blue", "same": "red"}

    refreshed = repository.run()
    assert operations.refresh(refreshed, run.stacks) == 0
    assert "1 updated, 1 deleted" in repository.printed.getvalue()
    assert operations.deploy(repository.run(), run.stacks, yes=False, interactive=False) == 0
    assert repository.items() == {"gone": "red", "changed": "red", "same": "red"}


def test_destroy_asks_before_it_changes_anything(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    org = repository.plan("org", {"org": {"color": "red", "protect": True}})
    identity = repository.plan("identity", {"identity": RED})
    run = repository.run()
    operations.deploy(run, run.stacks, yes=False, interactive=False)
    before = repository.items()

    def destroy(
        include_protected: bool, confirm: str | None, interactive: bool, chosen: list[object] | None = None
    ) -> int:
        run = repository.run()
        return operations.destroy(
            run,
            run.stacks if chosen is None else chosen,  # type: ignore[arg-type]
            include_protected=include_protected,
            confirm=confirm,
            yes=True,
            interactive=interactive,
        )

    with pytest.raises(UsageError, match=r"protected\n  org: shelf:index:Item org\n"):
        destroy(False, "sandbox", True)
    with pytest.raises(UsageError, match="need --confirm sandbox"):
        destroy(True, None, False)
    with pytest.raises(UsageError, match="not the environment's name"):
        destroy(True, "production", True)
    monkeypatch.setattr("builtins.input", lambda _question: "yes")
    with pytest.raises(UsageError, match="not the environment's name"):
        destroy(True, None, True)
    with pytest.raises(UsageError, match="read what you chose and still have resources: identity;"):
        destroy(True, "sandbox", True, [org])
    assert repository.items() == before

    monkeypatch.setattr("builtins.input", lambda _question: "sandbox")
    assert destroy(True, None, True) == 0
    assert repository.items() == {}
    lines = [line.split()[0] for line in repository.printed.getvalue().splitlines() if "| deleted shelf" in line]
    assert lines == [identity.label, org.label]


def test_other_environments_are_asked_for(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.plan("org", {"org": RED}, environment="production")
    run = repository.run("production")
    with pytest.raises(UsageError, match="--yes"):
        operations.deploy(run, run.stacks, yes=False, interactive=False)
    monkeypatch.setattr("builtins.input", lambda _question: "")
    assert operations.deploy(run, run.stacks, yes=False, interactive=True) == 1
    assert repository.items() == {}
    monkeypatch.setattr("builtins.input", lambda _question: "y")
    assert operations.deploy(run, run.stacks, yes=False, interactive=True) == 0
    assert repository.items() == {"org": "red"}


def test_outputs_are_masked_unless_asked(repository: Repository) -> None:
    org = repository.plan("org", {"org": RED}, secret=True)
    run = repository.run()
    assert run.engine.outputs(org) is None
    operations.deploy(run, run.stacks, yes=False, interactive=False)
    assert run.engine.outputs(org) == {"items": ["org"], "word": "[secret]"}
    assert run.engine.outputs(org, show_secrets=True) == {"items": ["org"], "word": "hush"}
    logged = [file.read_text() for file in run.logs.rglob("*") if file.is_file()]
    assert logged
    assert not any("hush" in text for text in (*logged, repository.printed.getvalue()))


def test_a_stack_is_made_with_the_secrets_provider_that_its_file_names(repository: Repository) -> None:
    org = repository.plan("org", {})
    text = "secretsprovider: nosuchscheme://key\nconfig: {}\n"
    org.config_file(repository.root).write_text(text)
    # Left to itself the engine would put the default one in its place, and succeed.
    with pytest.raises(StackFailed, match="nosuchscheme"):
        repository.run().engine.create(org)
    assert org.config_file(repository.root).read_text() == text
