"""What the real engine's runs show and report of values: old, new, masked."""

import subprocess
from functools import partial
from pathlib import Path
from typing import Any

from automation import operations
from tests.automation.reporting.test_report import RED, load
from tests.automation.small_repository import Repository


def test_no_secret_is_reported(repository: Repository, tmp_path: Path) -> None:
    org = repository.plan("org", {"org": RED})
    file = tmp_path / "report.json"
    operations.deploy(repository.run(), [org], yes=True, interactive=False)
    folder = org.folder(repository.root)
    command = [repository.engine.command.command, "config", "set", "--secret", "key", "hush-hush", "--stack", org.name]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    program = folder / "__main__.py"
    plain = program.read_text()
    program.write_text(plain + "\nItem('kept', pulumi.Config().require_secret('key'))\n")
    operations.deploy(repository.run(), [org], yes=True, interactive=False)

    # A change of what is secret is told without its values, and so is a secret that was none before, or is no longer.
    secret = "pulumi.Output.concat(pulumi.Config().require_secret('key'), '!')"
    for color in (secret, "'seen by all'", secret):
        program.write_text(f"{plain}\nItem('kept', {color})\n")
        operations.preview(repository.run(report=file), [org], diff=True)
        (kept,) = (each for each in load(file).stacks[0].changes if each.name == "kept")
        assert kept.properties == ["color"]
        assert [(each.property, each.old, each.new) for each in kept.values] == [("color", "[secret]", "[secret]")]
        assert "color: [secret] → [secret]" in repository.printed.getvalue()
        for told in (file.read_text(), repository.printed.getvalue()):
            assert "hush-hush" not in told
            assert "seen by all" not in told

    program.write_text(plain + "\nraise pulumi.RunError('it is ' + pulumi.Config().require('key'))\n")
    operations.preview(repository.run(report=file), [org])
    assert [each.message for each in load(file).stacks[0].problems] == ["it is [secret]"]
    assert "hush" not in file.read_text()

    program.write_text(f"{plain}\nItem('kept', {secret})\n")
    operations.deploy(repository.run(report=file), [org], yes=True, interactive=False)
    assert "hush-hush" not in file.read_text()
    for log in repository.root.glob(".runs/**/*.log"):
        assert "hush-hush" not in log.read_text()


def test_old_and_new_values_and_what_forces_a_replacement(repository: Repository, tmp_path: Path) -> None:
    org = repository.plan("org", {"painted": RED, "renamed": RED, "gone": RED})
    operations.deploy(repository.run(), [org], yes=True, interactive=False)
    repository.plan("org", {"painted": {"color": "blue"}, "renamed": RED, "made": RED})
    program = org.folder(repository.root) / "__main__.py"
    renaming = '{"name": name + "2" * (name == "renamed"), "color"'
    program.write_text(program.read_text().replace('{"name": name, "color"', renaming))

    previewed = []
    for operation in (operations.preview, partial(operations.deploy, yes=True, interactive=False)):
        assert operation(repository.run(report=tmp_path / "report.json"), [org]) == 0
        values = {
            (each.name, each.what): [(v.property, v.old, v.new, v.forces_replacement) for v in each.values]
            for each in load(tmp_path / "report.json").stacks[0].changes
        }
        assert values[("painted", "updated")] == [("color", "red", "blue", False)]
        assert values[("renamed", "replaced")] == [("name", "renamed", "renamed2", True)]
        assert ("color", None, "red", False) in values[("made", "created")]
        assert ("name", "gone", None, False) in values[("gone", "deleted")]
        previewed.append(values)
    assert previewed[0] == previewed[1]


def test_what_is_kept_is_not_counted_as_deleted(repository: Repository, tmp_path: Path) -> None:
    items: dict[str, dict[str, Any]] = {"kept": {**RED, "retain": True}, "gone": RED}
    org = repository.plan("org", items)
    operations.deploy(repository.run(), [org], yes=True, interactive=False)
    repository.plan("org", {})
    file = tmp_path / "report.json"
    assert operations.preview(repository.run(report=file), [org]) == 0
    assert "would be kept in AWS, no longer managed: shelf:index:Item kept" in repository.printed.getvalue()
    assert "would change (1 deleted, 1 kept, 1 unchanged)" in repository.printed.getvalue()
    planned = load(file).stacks[0]
    assert {(each.name, each.what) for each in planned.changes} == {("kept", "kept"), ("gone", "deleted")}
    assert (planned.counts.deleted, planned.counts.kept) == (1, 1)

    repository.plan("org", items)
    run = repository.run(report=file)
    assert operations.destroy(run, [org], include_protected=False, confirm=None, yes=True, interactive=False) == 0
    (destroyed,) = load(file).stacks
    assert {("kept", "kept"), ("gone", "deleted")} <= {(each.name, each.what) for each in destroyed.changes}
    assert repository.items() == {"kept": "red"}
