"""The condition keys about tags: those that a request sets, and those that a resource has."""

from collections.abc import Iterable, Mapping
from typing import Any

Context = dict[str, str | list[str]]

GIVEN = ("Tags", "BackupPlanTags", "BackupVaultTags", "ReportPlanTags", "ResourceTags")
"""The parameters that have the tags of what a call makes."""

TAKEN_AWAY = ("TagKeys", "TagKeyList", "ResourceTagKeys")
"""Those that have the keys of tags that it takes away."""


def given_tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The tags of what a call makes, or puts on what there is."""
    given: Any = next((parameters[name] for name in GIVEN if parameters.get(name)), [])
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in given} if isinstance(given, list) else dict(given)


def requested(parameters: Mapping[str, Any]) -> Context:
    """`aws:RequestTag/KEY` and `aws:TagKeys` of the tags that the request sets or takes away.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tagkeys
    """
    tags = given_tags(parameters)
    keys = [*tags, *(key for name in TAKEN_AWAY for key in parameters.get(name) or [])]
    found: Context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    return {**found, "aws:TagKeys": [str(key) for key in keys]} if keys else found


def on_resource(tags: Mapping[str, str] | Iterable[Mapping[str, str]], *prefixes: str) -> Context:
    """`aws:ResourceTag/KEY` of the tags of a resource, and the same with the `prefixes` of its service."""
    pairs = tags if isinstance(tags, Mapping) else {tag["Key"]: tag["Value"] for tag in tags}
    return {f"{prefix}:ResourceTag/{key}": value for prefix in ("aws", *prefixes) for key, value in pairs.items()}
