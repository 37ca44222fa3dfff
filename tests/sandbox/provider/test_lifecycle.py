"""Every type of the table through its whole life, by the calls that the engine makes."""

import pytest

from sandbox.provider.diff import same
from sandbox.provider.schema import Kind
from sandbox.provider.table import RESOURCES
from sandbox.provider.wire import Values
from tests.sandbox.provider.cases import CASES, Case
from tests.sandbox.provider.conftest import Engine, Made


def test_every_type_has_a_case() -> None:
    assert {case.token for case in CASES} == set(RESOURCES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_property_is_changed(case: Case) -> None:
    inputs = {item.name: item for item in RESOURCES[case.token].properties if not item.output}
    assert set(case.updates) | set(case.replaces) | {"tagsAll"} >= set(inputs)
    assert set(case.replaces) == {name for name, item in inputs.items() if item.replaces}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_life(case: Case, engine: Engine) -> None:
    start = case.start(engine)
    made = engine.create(case.token, start)
    assert made.id
    assert_holds(case, made, start)
    assert_settled(engine, case, made, start)
    _forcing(engine, case, made, start)
    _import(engine, case, made, start)

    now, changed = made, dict(start)
    for name, value in case.updates.items():
        value = engine.invoke(GET_ORGANIZATION)["roots"][0]["id"] if value == "<root>" else value
        changed[name] = value
        difference = engine.diff(case.token, now, engine.check(case.token, changed, now.inputs))
        assert set(difference.diffs) == {name} | ({"tagsAll"} if name == "tags" else set())
        assert not difference.replaces
        now = engine.update(case.token, now, changed)
        assert_holds(case, now, changed)
        assert_settled(engine, case, now, changed)

    back = engine.update(case.token, now, start)  # what the program no longer says is taken away
    assert_holds(case, back, start)
    volatile = {"attachmentCount", "enabledPolicyTypes"}
    assert without(back.outputs, volatile) == without(made.outputs, volatile)

    engine.delete(case.token, back)
    if not case.always:
        assert engine.read(case.token, back.id, back) is None
        assert engine.read(case.token, case.import_id.format(id=back.id)) is None
    engine.delete(case.token, back)  # gone already is as good


GET_ORGANIZATION = "aws:organizations/getOrganization:getOrganization"


def without(values: Values, names: set[str]) -> Values:
    return {name: value for name, value in values.items() if name not in names}


def assert_holds(case: Case, made: Made, wanted: Values) -> None:
    """Every input is among the outputs."""
    for item in RESOURCES[case.token].properties:
        if item.name in wanted and item.kind is not Kind.URL:
            assert same(item, made.outputs.get(item.name), wanted[item.name]), item.name


def assert_settled(engine: Engine, case: Case, made: Made, wanted: Values) -> None:
    """AWS says the same as the state, and the next run has nothing to do."""
    read = engine.read(case.token, made.id, made)
    assert read is not None
    assert read.outputs == made.outputs
    assert read.inputs == made.inputs
    assert not engine.diff(case.token, made, engine.check(case.token, wanted, made.inputs)).diffs


def _forcing(engine: Engine, case: Case, made: Made, start: Values) -> None:
    for name, value in case.replaces.items():
        difference = engine.diff(case.token, made, engine.check(case.token, {**start, name: value}, made.inputs))
        assert list(difference.replaces) == [name]
        assert list(difference.diffs) == [name]


def _import(engine: Engine, case: Case, made: Made, start: Values) -> None:
    found = engine.read(case.token, case.import_id.format(id=made.id))
    assert found is not None
    assert found.id == made.id
    kept = {item.name for item in RESOURCES[case.token].properties if item.kept}
    for item in RESOURCES[case.token].properties:
        if item.name not in kept:
            assert same(item, found.outputs.get(item.name), made.outputs.get(item.name)) or item.kind is Kind.OBJECTS
    # The program that was written for it, and the one that made it, find nothing to change.
    for news in (found.inputs, start):
        difference = engine.diff(case.token, found, engine.check(case.token, news, found.inputs))
        assert set(difference.diffs) <= kept
