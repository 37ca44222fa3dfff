"""The faults of `make mutants` still fit the code: a list that has rotted would find nothing."""

import pytest

from tests.mutants.mutants import ROOT, Mutant, mutants


@pytest.mark.parametrize("mutant", list(mutants()), ids=lambda mutant: f"{mutant.area}: {mutant.name}")
def test_a_mutant_can_be_put_in_and_names_tests_that_exist(mutant: Mutant) -> None:
    assert mutant.mutated(ROOT) != (ROOT / mutant.file).read_text()
    for test in mutant.tests:
        assert (ROOT / test.partition("::")[0]).exists(), test
