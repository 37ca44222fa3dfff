"""Every command that a document or a message prints is run by a test, as it is printed."""

import pytest

from tests import aws_cli
from tests.docs import printed
from tests.docs.evidence import NoSuchTest, runs
from tests.docs.stories import NOT_HERE, TESTS

_DOCUMENTS, _PROGRAMS = printed.of_documents(), printed.of_programs()
PRINTED = {
    command: [*_DOCUMENTS.get(command, []), *_PROGRAMS.get(command, [])]
    for command in sorted({*_DOCUMENTS, *_PROGRAMS})
}


@pytest.mark.parametrize("command", PRINTED)
def test_a_test_runs_it(command: str) -> None:
    if command in NOT_HERE:
        return
    where = ", ".join(dict.fromkeys(PRINTED[command]))
    assert command in TESTS, (
        f"{where} prints this, and no test is known to run it. Add one line to TESTS in tests/docs/stories.py: "
        f"{command!r}: the test that runs it. If it cannot be run here, add it to NOT_HERE with the reason"
    )
    assert runs(TESTS[command], command), f"{where} prints {command!r}, and {TESTS[command]} does not run it"


def test_nothing_is_registered_that_is_not_printed_any_more() -> None:
    assert sorted({*TESTS, *NOT_HERE} - PRINTED.keys()) == []
    assert sorted(TESTS.keys() & NOT_HERE.keys()) == []
    assert all(NOT_HERE.values())


@pytest.mark.parametrize("command", [command for command in PRINTED if command.startswith("aws ")])
def test_aws_has_every_command_of_its_own(command: str) -> None:
    words = aws_cli.words(command.replace("{}", "x"))
    # The first signs in through a browser; of the others the program puts in what is to be done.
    if words[0] != "sso" and words[1] != "x":
        aws_cli.request(words)


def test_a_command_is_found_wherever_it_is_printed() -> None:
    found = _PROGRAMS
    assert "automation/stacks.py" in found["pulumi cancel -s {} --cwd stacks/{}"]
    assert "tasks.py" in found["invoke up accounts/{} --env {}"]
    assert "docs/daily-life.md" in _DOCUMENTS["invoke sandbox.env"]
    prose = "run it: invoke up org --env {}, then invoke drift says the rest; or `invoke graph --json`"
    assert list(printed.in_prose(prose)) == ["invoke up org --env {}", "invoke drift", "invoke graph --json"]


def test_what_a_test_does_not_run_is_noticed() -> None:
    test = "tests/e2e/test_import.py::test_an_account_made_by_hand_is_deployed_as_it_is"
    assert runs(test, "invoke up accounts/web-shop")
    assert not runs(test, "invoke up accounts/web-shop --force")
    assert not runs(test, "pulumi up --stack sandbox")
    with pytest.raises(NoSuchTest):
        runs("tests/e2e/test_import.py::test_nothing", "invoke drift")
