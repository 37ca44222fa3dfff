"""The condition operators of IAM policies, over one key of the request context.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from shared.policy_evaluation.moments import moment

Context = Mapping[str, str | Sequence[str]]
"""The request context: condition keys (in any case) and their value or values, all as text."""

VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERALS = ("*", "?", "$")
"""`${*}`, `${?}` and `${$}` stand for the character itself."""


class UnresolvedVariable(Exception):
    """A policy variable names a key that the request context does not have; its value matches nothing."""


def context_values(context: Context, key: str) -> list[str] | None:
    """The values of a condition key, or None if the context has no such key. Keys are case-insensitive."""
    for name, value in context.items():
        if name.lower() == key.lower():
            return [value] if isinstance(value, str) else list(value)
    return None


def pattern(text: str, context: Context | None) -> re.Pattern[str]:
    """The regular expression of a policy value with `*` and `?` and, given a context, policy variables.

    The value of a variable is taken literally. Raises `UnresolvedVariable`.
    """
    if context is None or "${" not in text:
        return _plain_pattern(text)
    result = []
    position = 0
    for match in VARIABLE.finditer(text):
        result.append(_wildcards(text[position : match.start()]))
        result.append(re.escape(_variable(match.group(1), context)))
        position = match.end()
    result.append(_wildcards(text[position:]))
    return re.compile("".join(result), re.DOTALL)


@lru_cache(maxsize=16384)
def _plain_pattern(text: str) -> re.Pattern[str]:
    return re.compile(_wildcards(text), re.DOTALL)


def arn_matches(expected: str, actual: str, context: Context | None) -> bool:
    """Whether an ARN matches a pattern, part by part: a wildcard does not match one of the first five colons.

    Parts that an incomplete pattern lacks may be anything, see
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html.
    Raises `UnresolvedVariable`.
    """
    return _plain_arn_matches(expected, actual) if "${" not in expected else _arn_matches(expected, actual, context)


@lru_cache(maxsize=65536)
def _plain_arn_matches(expected: str, actual: str) -> bool:
    return _arn_matches(expected, actual, None)


def _arn_matches(expected: str, actual: str, context: Context | None) -> bool:
    parts, values = _split_arn(expected), actual.split(":", 5)
    if parts[0] != "arn" or len(values) != 6:
        return pattern(expected, context).fullmatch(actual) is not None
    parts += ["*"] * (6 - len(parts))
    return all(pattern(part, context).fullmatch(value) for part, value in zip(parts, values, strict=True))


def substitute(text: str, context: Context | None) -> str:
    """The text with its policy variables replaced. Raises `UnresolvedVariable`."""
    if context is None:
        return text
    return VARIABLE.sub(lambda match: _variable(match.group(1), context), text)


def holds(operator: str, key: str, expected: Sequence[str], context: Context, variables: bool) -> bool:
    """Whether one line of a `Condition` block holds. `variables` says whether policy variables are replaced.

    Raises `ValueError` for an operator that IAM does not have.
    """
    quantifier, colon, name = operator.rpartition(":")
    if colon and quantifier not in ("ForAllValues", "ForAnyValue"):
        raise ValueError(f"no condition operator is called {operator!r}")
    optional = name.endswith("IfExists") and name != "Null"
    name = name.removesuffix("IfExists")
    actual = context_values(context, key)
    if name == "Null":
        return any((actual is None) == (_text(value) == "true") for value in expected)
    negated = name in NEGATED
    test = OPERATORS.get(NEGATED.get(name, name))
    if test is None:
        raise ValueError(f"no condition operator is called {operator!r}")
    if actual is None:
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    scope = context if variables else None

    def matches(value: str) -> bool:
        return any(_test(test, wanted, value, scope) for wanted in expected) != negated

    if quantifier == "ForAllValues":
        return all(matches(value) for value in actual)
    if quantifier == "ForAnyValue" or not negated:
        return any(matches(value) for value in actual)
    return all(matches(value) for value in actual)


Test = Callable[[str, str, Context | None], bool]


def _test(test: Test, wanted: str, value: str, context: Context | None) -> bool:
    try:
        return test(_text(wanted), value, context)
    except (UnresolvedVariable, ValueError):
        # A value of the wrong form, such as a date that cannot be read, matches nothing.
        return False


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _variable(expression: str, context: Context) -> str:
    if expression in LITERALS:
        return expression
    key, comma, default = expression.partition(",")
    values = context_values(context, key.strip())
    if values is not None and len(values) == 1:
        return values[0]
    if comma:
        return default.strip().strip("'")
    raise UnresolvedVariable(expression)


def _split_arn(text: str) -> list[str]:
    """The six parts of an ARN; colons inside a variable do not count."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match.group())
        return f"\0{len(held) - 1}\0"

    parts = VARIABLE.sub(hold, text).split(":", 5)
    return [re.sub("\0(\\d+)\0", lambda match: held[int(match.group(1))], part) for part in parts]


def _wildcards(text: str) -> str:
    table = {"*": ".*", "?": "."}
    return "".join(table.get(character) or re.escape(character) for character in text)


OPERATORS: dict[str, Test] = {
    "StringEquals": lambda wanted, value, context: substitute(wanted, context) == value,
    "StringEqualsIgnoreCase": lambda wanted, value, context: substitute(wanted, context).lower() == value.lower(),
    "StringLike": lambda wanted, value, context: pattern(wanted, context).fullmatch(value) is not None,
    "ArnLike": arn_matches,
    "ArnEquals": arn_matches,
    "Bool": lambda wanted, value, _context: wanted.lower() == value.lower(),
    "BinaryEquals": lambda wanted, value, _context: wanted == value,
    "NumericEquals": lambda wanted, value, _context: float(value) == float(wanted),
    "NumericLessThan": lambda wanted, value, _context: float(value) < float(wanted),
    "NumericLessThanEquals": lambda wanted, value, _context: float(value) <= float(wanted),
    "NumericGreaterThan": lambda wanted, value, _context: float(value) > float(wanted),
    "NumericGreaterThanEquals": lambda wanted, value, _context: float(value) >= float(wanted),
    "DateEquals": lambda wanted, value, _context: moment(value) == moment(wanted),
    "DateLessThan": lambda wanted, value, _context: moment(value) < moment(wanted),
    "DateLessThanEquals": lambda wanted, value, _context: moment(value) <= moment(wanted),
    "DateGreaterThan": lambda wanted, value, _context: moment(value) > moment(wanted),
    "DateGreaterThanEquals": lambda wanted, value, _context: moment(value) >= moment(wanted),
    "IpAddress": lambda wanted, value, _context: ip_address(value) in ip_network(wanted, strict=False),
}

NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotLike": "ArnLike",
    "ArnNotEquals": "ArnEquals",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
