"""Nobody gets more than the operating model says: each published way up is closed, but for those open on purpose."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.security.catalogue import SOURCES, TARGETS, asked, callers, cases, ways
from tests.security.principals import Cast
from tests.security.simulation import Case, Decision, own_verdict, simulate

ALL = ways()
CATALOGUE = {way.id: way for way in ALL}
Cell = tuple[str, bool]
"""The name of a caller, and whether there is an administrator without a boundary in the account."""
Decided = Mapping[str, Mapping[Cell, list[tuple[Case, Decision]]]]


@pytest.fixture(scope="module")
def decided(cast: Cast, node: str) -> Decided:
    """What iam-simulate says about each call of each way."""
    cells = [
        (way.id, (caller.name, administrator), case)
        for way in ALL
        for caller in callers(cast)
        if asked(way, caller)
        for administrator in TARGETS
        for case in cases(way, caller, cast, administrator)
    ]
    found: dict[str, dict[Cell, list[tuple[Case, Decision]]]] = defaultdict(lambda: defaultdict(list))
    for (way, cell, case), decision in zip(cells, simulate([case for *_, case in cells], node), strict=True):
        found[way][cell].append((case, decision))
    return found


@pytest.mark.parametrize("way", CATALOGUE)
def test_the_way_is_closed_but_for_whom_it_is_open_on_purpose(decided: Decided, way: str) -> None:
    expected = {**CATALOGUE[way].open, **CATALOGUE[way].reported}
    is_open = {
        cell: [str(case) for case, _ in requests]
        for cell, requests in decided[way].items()
        if all(decision.allowed for _, decision in requests)
    }
    assert {cell: calls for cell, calls in is_open.items() if cell[0] not in expected} == {}, CATALOGUE[way].name
    closed = {(name, administrator) for name in expected for administrator in TARGETS} - is_open.keys()
    assert closed == set(), "closed by now: take these callers out of the way's `open` or `reported`"


def test_our_own_evaluator_says_the_same(decided: Decided) -> None:
    different = {
        f"{case.caller.name}: {case}: iam-simulate {decision.allowed}, ours {verdict}"
        for by_cell in decided.values()
        for requests in by_cell.values()
        for case, decision in requests
        # The emulated AWS answers signed requests only.
        if case.caller.signed and (verdict := own_verdict(case, decision)).allowed != decision.allowed
    }
    assert different == set()


def test_the_ways_that_are_closed_are_closed_by_the_policies(cast: Cast, node: str) -> None:
    """With AdministratorAccess and none of the policies, they are open: they ask for what AWS could allow."""
    administrator = cast.access_role()
    requests = [
        case
        for way in ALL
        if not (way.asked or way.trust or way.policy)
        for case in cases(way, administrator, cast, administrator=True)
        if case.account_id == administrator.account_id and not case.action.startswith("sts:")
    ]
    unbound = replace(administrator, service_control=[])
    free = [replace(case, caller=unbound, resource_control=[]) for case in requests]
    refused = {str(case) for case, decision in zip(free, simulate(free, node), strict=True) if not decision.allowed}
    assert refused == set()


def test_the_catalogue_is_that_of_the_published_lists() -> None:
    assert len(CATALOGUE) == len(ALL) >= 100, "ids are unique"
    assert {source for way in ALL for source in way.sources} == SOURCES.keys()
    assert len({way.name for way in ALL if way.gives == "rights in the account"}) >= 100
    assert not [way.id for way in ALL if way.open.keys() & way.reported.keys()]


def test_a_reason_names_a_caller_who_is_asked(cast: Cast) -> None:
    names = {caller.name: caller for caller in callers(cast)}
    for way in ALL:
        for name, reason in {**way.open, **way.reported}.items():
            assert asked(way, names[name]), f"{way.id}: {name}"
            assert len(reason) > 10, f"{way.id}: {name}"
