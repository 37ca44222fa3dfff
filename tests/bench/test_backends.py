"""What the calls of S3 are called, and the environment that is measured."""

from pathlib import Path

from automation.configuration import check
from bench.backends import ENV, words
from bench.configuration import write_configuration
from shared.layers import discover, environments


def test_a_list_is_no_get() -> None:
    calls = ["GET /state?list-type=2&prefix=.pulumi", "GET /state/.pulumi/meta.yaml", "PUT /state/x", "GET /state/y"]
    assert words(calls) == "4 (GET 2, LIST 1, PUT 1)"
    assert words([]) == "0"


def test_the_environment_is_one_of_production_and_right(tmp_path: Path) -> None:
    write_configuration(tmp_path, 2, ENV)
    assert environments(tmp_path) == [ENV]
    check(discover(ENV, tmp_path), tmp_path)
