"""A run's report: real runs with the real engine, and the documented form."""

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation import operations
from automation.reporting import report, schema
from automation.reporting.junit import as_xml
from automation.reporting.schema import CountsReport, ForeignReport, ProblemReport, Report, StackReport
from automation.runs import open_run
from shared.errors import UsageError
from shared.layers import ROOT, StackId
from tests.automation.small_repository import Repository

RED = {"color": "red"}


def load(file: Path) -> Report:
    """The report in `file`: nothing in it is missing from the documented form."""
    text = file.read_text()
    read = Report.model_validate_json(text)
    assert report.as_json(read) == text
    return read


def test_the_schema_is_up_to_date() -> None:
    kept = (ROOT / "docs" / "report.schema.json").read_text()
    assert kept == schema.json_schema(), "python -m automation.reporting.schema > docs/report.schema.json"


def test_the_documented_example_has_the_documented_form() -> None:
    documented = (ROOT / "docs" / "report.md").read_text()
    example = documented.partition("```json\n")[2].partition("```")[0]
    assert json.loads(example) == json.loads(report.as_json(Report.model_validate_json(example)))


def test_a_deployment_that_fails_in_part(repository: Repository, tmp_path: Path) -> None:
    repository.plan("org", {"org": RED})
    repository.plan("identity", {"good": RED, "bad": {"color": "refused"}})
    repository.plan("policies", {}, error="policies:mode is 'x'")
    repository.plan("accounts/one", {"one": RED})
    file = tmp_path / "report.json"
    before = datetime.now(UTC)
    run = repository.run(report=file)
    assert operations.deploy(run, run.stacks, yes=False, interactive=False) == 1

    found = load(file)
    assert (found.operation, found.environment, found.exit_code, found.parallel) == ("deploy", "sandbox", 1, 2)
    assert before <= found.start <= datetime.now(UTC)
    assert json.loads(file.read_text())["start"].endswith("Z")
    assert found.engine_version == repository.engine.version
    org, identity, policies, account = found.stacks
    assert [each.status for each in found.stacks] == ["done", "failed", "failed", "skipped"]
    assert (org.label, org.project, org.stack, org.layer, org.account) == ("org", "org", "sandbox", "org", None)
    assert (account.label, account.stack, account.account) == ("accounts/one", "sandbox.one", "one")
    assert (org.result, org.same_inputs, org.because, org.problems) == ("deployed", False, None, [])
    assert org.counts == CountsReport(created=2, updated=0, replaced=0, deleted=0, kept=0, unchanged=0)
    assert 0 < org.seconds <= found.seconds
    made = next(each for each in org.changes if each.type == "shelf:index:Item")
    assert (made.name, made.what, made.urn.startswith("urn:pulumi:sandbox::org::")) == ("org", "created", True)
    assert org.log
    assert "creating" in (repository.root / org.log).read_text()

    refused = next(each for each in identity.problems if "InvalidColor" in each.message)
    assert refused.resource
    assert (refused.resource.type, refused.resource.name) == ("shelf:index:Item", "bad")
    # What was made before the failure is told too.
    assert "good" in {each.name for each in identity.changes}
    assert [each.files for each in policies.problems] == [["stacks/policies/Pulumi.sandbox.yaml"]]
    assert account.because in ("identity", "policies")
    assert account.result == f"skipped ({account.because} failed)"
    assert (account.seconds, account.log, account.changes) == (0, None, [])
    assert "look in   stacks/policies/Pulumi.sandbox.yaml" in repository.printed.getvalue()
    # Nothing is left of how it was written.
    assert not list(tmp_path.glob(".report*"))


def test_what_is_not_run_since_nothing_changed_says_so(repository: Repository, tmp_path: Path) -> None:
    org = repository.plan("org", {"org": RED})
    operations.deploy(repository.run(), [org], yes=True, interactive=False)
    run = repository.run(report=tmp_path / "report.json")
    assert operations.deploy(run, [org], yes=True, interactive=False) == 0
    (found,) = load(tmp_path / "report.json").stacks
    assert (found.status, found.same_inputs, found.result) == ("done", True, "unchanged (inputs)")
    assert (found.log, found.counts.unchanged) == (None, 0)


def test_drift_is_in_the_report(repository: Repository, tmp_path: Path) -> None:
    org = repository.plan("org", {"gone": RED, "changed": RED, "same": RED})
    repository.plan("identity", {"identity": RED})
    run = repository.run()
    operations.deploy(run, run.stacks, yes=True, interactive=False)
    (repository.shelf / "gone.json").unlink()
    (repository.shelf / "changed.json").write_text(json.dumps({"name": "changed", "color": "blue", "seconds": 0}))

    file, xml = tmp_path / "report.json", tmp_path / "report.xml"
    for target in (file, xml):
        assert operations.drift(repository.run(report=target), run.stacks) == operations.DRIFT_EXIT
    found = load(file)
    assert (found.operation, found.exit_code) == ("drift", operations.DRIFT_EXIT)
    differs, same = found.stacks
    assert {(each.name, each.what, *each.properties) for each in differs.drift} == {
        ("gone", "gone"),
        ("changed", "changed", "color"),
    }
    assert {(each.name, each.what) for each in differs.changes} == {("gone", "created"), ("changed", "updated")}
    assert (same.drift, same.changes, same.status) == ([], [], "done")

    cases = ElementTree.parse(xml).getroot().findall("testsuite/testcase")  # noqa: S314 - written just now
    assert [case.find("failure") is not None for case in cases] == [True, False, False]
    failure = cases[0].find("failure")
    assert failure is not None
    assert failure.text
    assert "gone in AWS: shelf:index:Item gone" in failure.text
    assert org.label == cases[0].get("name")


def test_a_cancelled_run_is_reported(repository: Repository, tmp_path: Path) -> None:
    repository.plan("org", {"org": RED})
    run = repository.run(report=tmp_path / "report.json")
    run.stop.set()
    assert operations.deploy(run, run.stacks, yes=True, interactive=False) == 130
    found = load(tmp_path / "report.json")
    assert (found.exit_code, found.stacks[0].status) == (130, "cancelled")


def test_the_deployment_s_own_report_wins_over_that_of_its_preview(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.plan("org", {"org": RED}, environment="production")
    file = tmp_path / "report.json"
    seen = []

    def agree(_question: str) -> str:
        seen.append(load(file).operation)
        return "y"

    monkeypatch.setattr("builtins.input", agree)
    run = repository.run("production", report=file)
    assert operations.deploy(run, run.stacks, yes=False, interactive=True) == 0
    assert [*seen, load(file).operation] == ["preview", "deploy"]


def test_a_report_that_cannot_be_written_is_said_after_the_run(repository: Repository, tmp_path: Path) -> None:
    org = repository.plan("org", {"org": RED})
    run = repository.run(report=tmp_path / "gone" / "report.json")
    with pytest.raises(UsageError, match=r"report.json could not be written: No such file or directory"):
        operations.deploy(run, [org], yes=True, interactive=False)
    assert repository.items() == {"org": "red"}


@pytest.mark.parametrize("name", ["report.txt", "report", "nowhere/report.json", "folder.json"])
def test_where_a_report_cannot_go_is_said_first(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UsageError, match=r"--report is .*; allowed: a file"):
        open_run("sandbox", list, None, report=str(tmp_path / name))  # type: ignore[arg-type]


def test_a_run_that_does_not_begin_leaves_no_earlier_report(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def choose(_stacks: object) -> list[StackId]:
        raise Stop

    old = tmp_path / "report.json"
    old.write_text("{}")
    with pytest.raises(Stop):
        open_run("sandbox", choose, None, report=str(old))  # type: ignore[arg-type]
    assert not old.exists()


def made_of(*stacks: StackReport) -> Report:
    """A report of a deployment."""
    return Report(
        operation="deploy",
        environment="sandbox",
        start=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        seconds=12.34,
        exit_code=1,
        engine_version="3.0.0",
        parallel=1,
        stacks=list(stacks),
    )


def stack(status: schema.Status, message: str = "no") -> StackReport:
    """A stack that ended like that."""
    problem = ProblemReport(message=message, resource=None, aws_code="AccessDenied", advice="sign in", files=["a.py:3"])
    return StackReport(
        label=f"accounts/{status}",
        project="accounts",
        stack=f"sandbox.{status}",
        layer="accounts",
        account=status,
        status=status,
        result=f"so {status}",
        same_inputs=False,
        because=None,
        seconds=1.5,
        counts=CountsReport(created=3, updated=0, replaced=0, deleted=0, kept=0, unchanged=0),
        changes=[],
        drift=[],
        problems=[problem] if status == "failed" else [],
        log="x.log",
    )


def test_junit() -> None:
    made = made_of(stack("done"), stack("failed", "first line\nsecond"), stack("skipped"), stack("cancelled"))
    suites = ElementTree.fromstring(as_xml(made))  # noqa: S314 - made just now
    suite = suites.find("testsuite")
    assert suite is not None
    assert suite.attrib == {
        "name": "deploy sandbox",
        "timestamp": "2026-01-02T03:04:05",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "12.340",
    }
    cases = suite.findall("testcase")
    assert cases[0].attrib == {
        "classname": "deploy.sandbox",
        "name": "accounts/done",
        "time": "1.500",
    }
    assert [[each.tag for each in case] for case in cases] == [
        ["system-out"],
        ["failure", "system-out"],
        ["skipped", "system-out"],
        ["error", "system-out"],
    ]
    failure = cases[1][0]
    assert failure.attrib == {"type": "AccessDenied", "message": "first line"}
    assert failure.text == "first line\nsecond\nAWS code: AccessDenied\nlook in: a.py:3\nto do: sign in"
    assert cases[0][0].text == "so done\n3 created\nlog: x.log"


@pytest.mark.parametrize(
    "foreign", [None, [], [ForeignReport(kind="OU", name="x", id="ou-1", adopt="do", remove=None)]]
)
def test_junit_of_the_inventory(foreign: list[ForeignReport] | None) -> None:
    made = made_of(stack("done")).model_copy(update={"foreign": foreign})
    suite = ElementTree.fromstring(as_xml(made)).find("testsuite")  # noqa: S314 - made just now
    assert suite is not None
    found = {case.attrib["name"]: case.find("failure") for case in suite.findall("testcase")}
    assert list(found) == ["accounts/done", *(["the organization"] if foreign is not None else [])]
    assert suite.attrib["tests"] == str(len(found))
    if foreign:
        failure = found["the organization"]
        assert failure is not None
        assert failure.text == "OU x (ou-1): do"
    else:
        assert set(found.values()) == {None}


@given(message=st.text(min_size=1))
def test_junit_is_xml_whatever_an_error_says(message: str) -> None:
    suites = ElementTree.fromstring(as_xml(made_of(stack("failed", message))))  # noqa: S314 - made just now
    assert suites.find("testsuite/testcase/failure") is not None
