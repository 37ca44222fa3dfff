"""Dates in conditions, with Python's own as the oracle."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy_evaluation.moments import moment

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=ZONES), st.sampled_from(["T", " "]))
def test_a_date_is_the_moment_that_python_takes_it_for(when: datetime, between: str) -> None:
    assert moment(when.isoformat(between)) == pytest.approx(when.timestamp(), abs=1e-3)


@pytest.mark.parametrize("text", ["2026-01-02", "2024-02-29", "1969-12-31T23:59:59Z", "2026-01-02T03:04Z"])
def test_without_a_zone_it_is_utc(text: str) -> None:
    known = datetime.fromisoformat(text)
    assert moment(text) == (known if known.tzinfo else known.replace(tzinfo=UTC)).timestamp()


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "2025-02-29", "2026-01-01T24:00:00Z", "2026-1-1"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        moment(text)


def test_a_number_is_seconds() -> None:
    assert moment("1767225600") == moment("2026-01-01T00:00:00Z") == 1767225600
