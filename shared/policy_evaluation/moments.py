"""Dates in conditions, as seconds since 1970.

Without the module `datetime`: programs import this, and one that can read the clock is never skipped.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
"""

import re

_SECONDS = re.compile(r"-?\d+(\.\d+)?\Z")
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d+)?))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?)?\Z"
)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def moment(value: str) -> float:
    """The moment that a date in ISO 8601 names, or a number of seconds; without a zone in UTC. Raises `ValueError`."""
    if _SECONDS.match(value):
        return float(value)
    found = _ISO.match(value)
    if found is None:
        raise ValueError(f"{value!r} is no date")
    year, month, day = (int(found[part]) for part in ("year", "month", "day"))
    hour, minute, second = int(found["hour"] or 0), int(found["minute"] or 0), float(found["second"] or 0)
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month) and hour < 24 and minute < 60 and second < 60):
        raise ValueError(f"{value!r} is no date")
    before = sum(365 + _is_leap(each) for each in range(1970, year)) - sum(
        365 + _is_leap(each) for each in range(year, 1970)
    )
    days = before + sum(_days(year, each) for each in range(1, month)) + day - 1
    east = int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)
    east = -east if found["sign"] == "-" else east
    return ((days * 24 + hour) * 60 + minute - east) * 60 + second


def _days(year: int, month: int) -> int:
    return _DAYS[month - 1] + (1 if month == 2 and _is_leap(year) else 0)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
