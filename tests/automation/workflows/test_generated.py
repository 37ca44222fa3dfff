"""The generated workflows: as they are committed, by the graph, and without what linters find."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from automation.workflows import command, github, gitlab_scripts, steps
from engine.go_tool import go_build
from shared.errors import LayerError, UsageError
from shared.layers import LAYERS, ROOT
from tests.configuration import write_production, write_sandbox

HERE = Path(__file__).parent
GITHUB = sorted(name for name in command.files() if name.startswith(".github"))
DEPLOY = ".github/workflows/deploy.yml"


def read(name: str) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load((ROOT / name).read_text())
    return document


def scripts(name: str) -> list[str]:
    """Everything that a shell runs."""
    jobs = read(name).get("jobs", read(name)).values()
    found: list[str] = []
    for job in jobs:
        if isinstance(job, dict):
            found += [step["run"] for step in job.get("steps", []) if "run" in step]
            found += [line for key in ("script", "before_script") for line in job.get(key, [])]
    return found


def test_they_are_what_is_committed() -> None:
    for name, text in command.files().items():
        assert (ROOT / name).read_text() == text, "invoke workflows"
    assert sorted(each.name for each in (ROOT / ".github/workflows").iterdir()) == [Path(each).name for each in GITHUB]


def test_the_command_writes_them(tmp_path: Path) -> None:
    command.write(root=tmp_path)
    assert sorted(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*.yml")) == sorted(command.files())


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A repository with the workflows of two environments, `live` and `pre-live`."""
    for environment in ("live", "pre-live"):
        write_production(write_sandbox(tmp_path / environment))
        for file in (tmp_path / environment / "stacks").glob("*/Pulumi.prod*.yaml"):
            to = tmp_path / file.relative_to(tmp_path / environment).with_name(file.name.replace("prod", environment))
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_text(file.read_text())
    command.write(["live", "pre-live"], tmp_path)
    return tmp_path


def test_several_environments_share_nothing(several: Path) -> None:
    first, *more = ((several / f".github/workflows/deploy{end}.yml") for end in ("", "-pre-live"))
    one, other = yaml.safe_load(first.read_text()), yaml.safe_load(more[0].read_text())
    assert (one["env"], other["env"]) == ({"ENVIRONMENT": "live"}, {"ENVIRONMENT": "pre-live"})
    assert one["concurrency"]["group"] != other["concurrency"]["group"]
    for layer in LAYERS:
        assert (one["jobs"][layer]["environment"], other["jobs"][layer]["environment"]) == (layer, f"{layer}-pre-live")
    variables = {*steps.VARIABLES, steps.ORGANIZATION}
    assert set(re.findall(r"vars\.(\w+)", more[0].read_text())) == {f"{name}_PRE_LIVE" for name in variables}
    assert set(re.findall(r"vars\.(\w+)", first.read_text())) == variables
    assert "WORKFLOW: pull-request-pre-live.yml" in more[0].read_text()
    assert "--env prod" not in first.read_text() + more[0].read_text()

    pipeline = yaml.safe_load((several / ".gitlab-ci.yml").read_text())
    for layer in LAYERS:
        job = pipeline[f"{layer}-pre-live"]
        assert job["environment"]["name"] == f"{layer}-pre-live"
        assert {each["job"] for each in job["needs"]} == {f"{name}-pre-live" for name in ("plan", *LAYERS[layer].reads)}
        assert 'export AWS_MANAGEMENT_ACCOUNT="$AWS_MANAGEMENT_ACCOUNT_PRE_LIVE"' in job["before_script"]
        assert all("$AWS_MANAGEMENT_ACCOUNT_PRE_LIVE" in rule["if"] for rule in job["rules"])
        assert job["variables"]["ENVIRONMENT"] == "pre-live"
    assert set(pipeline["report"]["dependencies"]) == set(LAYERS)
    assert set(pipeline["report-pre-live"]["dependencies"]) == {f"{layer}-pre-live" for layer in LAYERS}


def test_the_linters_have_nothing_against_several_environments(several: Path, actionlint: Path) -> None:
    names = sorted(str(each) for each in (several / ".github/workflows").iterdir())
    assert len(names) == 2 * len(GITHUB)
    assert checked(actionlint, "-shellcheck=", "-pyflakes=", *names) == ""
    assert checked(beside_python("zizmor"), "--offline", "--no-progress", *names) == ""
    pipeline = several / ".gitlab-ci.yml"
    assert checked(beside_python("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", pipeline) == ""


def test_what_was_written_for_another_environment_goes(several: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = several / ".github/workflows/own.yml"
    own.write_text("name: mine\n")
    command.write(["live"], several)
    assert "removed .github/workflows/deploy-pre-live.yml" in capsys.readouterr().out
    left = {each.name for each in (several / ".github/workflows").iterdir()}
    assert left == {"own.yml", *(Path(each).name for each in GITHUB)}
    assert "pre-live" not in (several / ".gitlab-ci.yml").read_text()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ("liv", "no environment is called 'liv': .* there are: live, pre-live"),
        ("a b", "allowed are lower-case letters"),
    ],
    ids=["unknown", "no-name"],
)
def test_an_unknown_environment_is_one_error(several: Path, environment: str, said: str) -> None:
    before = {each: each.read_text() for each in several.rglob("*.yml")}
    with pytest.raises(LayerError, match=said):
        command.write(["live", environment], several)
    assert {each: each.read_text() for each in several.rglob("*.yml")} == before


def test_the_sandbox_has_no_workflows() -> None:
    with pytest.raises(UsageError, match="--env sandbox: its AWS is on this machine alone"):
        command.write(["sandbox"])


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_waits_for_those_that_it_reads(layer: str) -> None:
    job = read(DEPLOY)["jobs"][layer]
    assert set(job["needs"]) == {"plan", *LAYERS[layer].reads}
    assert job["environment"] == layer
    roles = {step["with"]["role-to-assume"] for step in job["steps"] if "role-to-assume" in step.get("with", {})}
    assert {role.rpartition("/")[2] for role in roles} == {f"Deploy{layer.capitalize()}"}
    pipeline = read(".gitlab-ci.yml")
    assert {each["job"] for each in pipeline[layer]["needs"]} == {"plan", *LAYERS[layer].reads}
    assert pipeline[layer]["environment"]["name"] == layer
    given = pipeline[layer]["variables"]
    assert {given[name] for name in gitlab_scripts.ROLES} == {f"Deploy{layer.capitalize()}"}


def test_only_the_preview_roles_are_taken_before_the_approval() -> None:
    for name, job in (("pull-request", "preview"), ("deploy", "plan"), ("drift", "drift")):
        text = yaml.dump(read(f".github/workflows/{name}.yml")["jobs"][job])
        assert set(re.findall(r"role/([A-Z][a-z]+)[A-Z]", text)) == {"Preview"}
    for job in ("preview", "plan", "drift"):
        assert all(role.startswith("Preview") for name, role in read(".gitlab-ci.yml")[job]["variables"].items()
                   if name in gitlab_scripts.ROLES)  # fmt: skip


@pytest.mark.parametrize("name", GITHUB)
def test_they_do_nothing_before_the_variables_are_there(name: str) -> None:
    jobs = read(name)["jobs"]
    (said,) = jobs["inactive"]["steps"]
    assert steps.PROD.off in said["run"]
    for job, made in jobs.items():
        waits = {"plan", "who", *LAYERS} & set(made.get("needs", []))
        assert job == "inactive" or github.on(steps.PROD) in made["if"] or waits, job


@pytest.mark.parametrize("name", GITHUB)
def test_what_github_s_own_advice_asks_for(name: str) -> None:
    document = read(name)
    text = (ROOT / name).read_text()
    assert document["permissions"] == {}
    assert "pull_request_target" not in text
    assert "secrets." not in text
    for script in scripts(name):
        assert "${{" not in script, script
    pinned = {f"{action}@{commit}" for action, (commit, _tag) in github.ACTIONS.items()}
    for used in re.findall(r"uses: (\S+)", text):
        assert used.replace("/restore@", "@") in pinned, used
    for job, made in document["jobs"].items():
        writes = {key for key, value in made.get("permissions", {}).items() if value == "write"}
        # The one that pushes a branch has no role in AWS.
        assert writes <= ({"contents", "pull-requests", "issues"} if job == "request" else
                          {"id-token", "pull-requests", "issues"})  # fmt: skip


def test_every_script_is_one_of_a_shell() -> None:
    for name in command.files():
        for script in scripts(name):
            done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
            assert done.returncode == 0, f"{name}: {script}\n{done.stderr}"


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """actionlint, built from its Go module."""
    if shutil.which("go") is None:
        pytest.skip("needs Go")
    built = tmp_path_factory.mktemp("actionlint") / "actionlint"
    go_build(HERE / "actionlint", built, "github.com/rhysd/actionlint/cmd/actionlint", "", print)
    return built


def checked(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def beside_python(name: str) -> Path:
    """A program of a package of the tests."""
    return Path(sys.executable).with_name(name)


def test_actionlint_finds_nothing(actionlint: Path) -> None:
    assert checked(actionlint, "-shellcheck=", "-pyflakes=", *GITHUB) == ""


def test_actionlint_would_find_something(actionlint: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "deploy.yml"
    wrong.write_text((ROOT / DEPLOY).read_text().replace("needs.plan.outputs.shards", "needs.plan.outputs.parts"))
    assert 'property "parts" is not defined' in checked(actionlint, "-shellcheck=", "-pyflakes=", wrong)


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    zizmor = beside_python("zizmor")
    assert checked(zizmor, "--offline", "--no-progress", ".github/workflows") == ""
    wrong = tmp_path / "deploy.yml"
    wrong.write_text((ROOT / DEPLOY).read_text().replace("permissions: {}", "permissions: write-all"))
    assert "excessive-permissions" in checked(zizmor, "--offline", "--no-progress", wrong)


def test_gitlab_s_schema_has_nothing_against_it(tmp_path: Path) -> None:
    check = beside_python("check-jsonschema")
    assert checked(check, "--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml") == ""
    wrong = tmp_path / ".gitlab-ci.yml"
    wrong.write_text((ROOT / ".gitlab-ci.yml").read_text().replace("parallel: 8", "parallel: many"))
    assert "many" in checked(check, "--builtin-schema", "vendor.gitlab-ci", wrong)
