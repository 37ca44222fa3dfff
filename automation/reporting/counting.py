"""How many resources changed, in words: the same in the display, in the summary and for one stack as for all."""

from collections import Counter
from collections.abc import Iterable

from automation.events import Counts
from automation.results import StackResult, Wording


def told(wording: Wording, result: StackResult) -> str:
    """What became of a stack, and of how many resources: `deployed (2 created, 18 unchanged)`."""
    if wording.operation == "drift":
        there, would = found([result]), planned(result.counts)
        parts = [f"{there} in AWS" if there else "", f"a deployment would {would}" if would else ""]
        same = result.counts.unchanged
        text = "; ".join([*filter(None, parts), *([f"{same} unchanged"] if same else [])])
    else:
        text = ", ".join(f"{number} {name}" for name, number in result.counts._asdict().items() if number)
    return result.describe(wording) + (f" ({text})" if text else "")


def found(results: Iterable[StackResult]) -> str:
    """What a comparison found in AWS: `2 gone, 1 changed`."""
    kinds = Counter(change.what for result in results for change in result.record.drift)
    return ", ".join(f"{number} {what}" for what, number in kinds.items())


def planned(counts: Counts) -> str:
    """What a deployment would do: `create 2, update 1`."""
    verbs = {"kept": "keep", **{name: name.removesuffix("d") for name in ("created", "updated", "replaced", "deleted")}}
    return ", ".join(f"{verb} {getattr(counts, name)}" for name, verb in verbs.items() if getattr(counts, name))
