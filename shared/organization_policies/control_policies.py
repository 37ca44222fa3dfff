"""The syntax of service and resource control policies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html: since September 2025
service control policies have all of IAM's language, but for principals.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html: only AWS's own
resource control policy allows, and all others name the services that they are for.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.organization_policies.schema import MalformedPolicy, shown
from shared.organization_policies.types import RESOURCE_CONTROL_POLICY
from shared.policy_evaluation.condition_operators import NEGATED, OPERATORS

VERSION = "2012-10-17"

RESOURCE_CONTROL_SERVICES = frozenset(
    """
    aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch
    cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend
    comprehendmedical compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose
    fis fms gamelift health inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications
    opensearch pca-connector-ad personalize polly pricing resource-groups rolesanywhere s3 secretsmanager
    servicediscovery signin sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2
    workspaces xray
    """.split()  # noqa: SIM905 - one word a line would be a column
)
"""The services whose resources a resource control policy can protect, as of September 2026:
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services"""

_ACTION = re.compile(r"[a-zA-Z0-9*?-]+:[a-zA-Z0-9*?]+")
_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+")


def check_control_policy(document: Mapping[str, Any], policy_type: str) -> None:
    """Raise `MalformedPolicy` unless the document is a service or resource control policy."""
    of_resources = policy_type == RESOURCE_CONTROL_POLICY
    _only(document, ("Version", "Id", "Statement"), "")
    if document.get("Version") != VERSION:
        raise _wrong("Version", _given(document, "Version"), VERSION)
    found: Any = document.get("Statement")
    statements: list[Any] = found if isinstance(found, list) else [found]
    if not statements or found is None:
        raise _wrong("Statement", "is missing" if found is None else "is empty", "at least one statement")
    sids: set[str] = set()
    for index, statement in enumerate(statements):
        where = f"Statement[{index}]" if isinstance(found, list) else "Statement"
        if not isinstance(statement, Mapping):
            raise _wrong(where, f"is {shown(statement)}", "an object")
        _check_statement(statement, where, of_resources=of_resources)
        sid = statement.get("Sid")
        if sid is not None and sid in sids:
            raise _wrong(f"{where}/Sid", f"is {shown(sid)}, as that of another statement", "each Sid once")
        sids |= {sid} if sid else set()


def _check_statement(statement: Mapping[str, Any], where: str, *, of_resources: bool) -> None:
    actions = ("Action",) if of_resources else ("Action", "NotAction")
    principals = ("Principal",) if of_resources else ()
    _only(statement, ("Sid", "Effect", *principals, *actions, "Resource", "NotResource", "Condition"), where)
    effects = ("Deny",) if of_resources else ("Allow", "Deny")
    if statement.get("Effect") not in effects:
        raise _wrong(f"{where}/Effect", _given(statement, "Effect"), " or ".join(effects))
    if of_resources and statement.get("Principal") != "*":
        raise _wrong(f"{where}/Principal", _given(statement, "Principal"), "'*', with conditions for the rest")
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or not re.fullmatch(r"[a-zA-Z0-9]*", sid):
        raise _wrong(f"{where}/Sid", f"is {shown(statement['Sid'])}", "letters and digits")
    name, listed = _one_of(statement, actions, where)
    for index, action in enumerate(listed):
        _check_action(action, f"{where}/{name}[{index}]", of_resources=of_resources)
    name, listed = _one_of(statement, ("Resource", "NotResource"), where)
    for index, resource in enumerate(listed):
        if resource != "*" and not _ARN.fullmatch(resource):
            raise _wrong(f"{where}/{name}[{index}]", f"is {shown(resource)}", "* or an ARN, such as arn:aws:s3:::name")
    _check_condition(statement.get("Condition", {}), f"{where}/Condition")


def _check_action(action: str, where: str, *, of_resources: bool) -> None:
    if not of_resources:
        if action != "*" and not _ACTION.fullmatch(action):
            raise _wrong(
                where, f"is {shown(action)}", "* or service:Action, with * and ? anywhere in the action's name"
            )
        return
    service = action.partition(":")[0]
    if not _ACTION.fullmatch(action) or set(service) & {"*", "?"}:
        raise _wrong(where, f"is {shown(action)}", "service:Action, with * and ? anywhere in the action's name alone")
    if service not in RESOURCE_CONTROL_SERVICES:
        raise _wrong(where, f"is of {shown(service)}", f"the services {', '.join(sorted(RESOURCE_CONTROL_SERVICES))}")


def _check_condition(condition: Any, where: str) -> None:
    if not isinstance(condition, Mapping):
        raise _wrong(where, f"is {shown(condition)}", "an object of operators")
    for operator, keys in condition.items():
        here = f"{where}/{operator}"
        name = re.sub(r"\A(ForAnyValue|ForAllValues):", "", operator).removesuffix("IfExists")
        if name not in OPERATORS and name not in NEGATED and operator != "Null":
            known = ", ".join(sorted((*OPERATORS, *NEGATED, "Null")))
            raise _wrong(here, "is no condition operator", known)
        if not isinstance(keys, Mapping) or not keys:
            raise _wrong(here, f"is {shown(keys)}", "an object of condition keys and values")
        for key, values in keys.items():
            listed = values if isinstance(values, list) else [values]
            if not listed or not all(isinstance(value, str | int | float | bool) for value in listed):
                raise _wrong(f"{here}/{key}", f"is {shown(values)}", "one value or a list of them")


def _given(element: Mapping[str, Any], name: str) -> str:
    return f"is {shown(element[name])}" if name in element else "is missing"


def _only(element: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in element:
        if key not in known:
            raise _wrong(f"{where}/{key}" if where else key, "is unknown", ", ".join(known))


def _one_of(statement: Mapping[str, Any], names: Sequence[str], where: str) -> tuple[str, list[str]]:
    """The one element of `names` that the statement has, and its values."""
    given = [name for name in names if name in statement]
    if len(given) != 1:
        raise _wrong(
            where, f"has {' and '.join(given) or 'no ' + ' and no '.join(names)}", f"one of {' or '.join(names)}"
        )
    values = statement[given[0]]
    listed = values if isinstance(values, list) else [values]
    if not listed or not all(isinstance(item, str) for item in listed):
        raise _wrong(f"{where}/{given[0]}", f"is {shown(values)}", "text or a list of it")
    return given[0], listed


def _wrong(where: str, what: str, allowed: str) -> MalformedPolicy:
    return MalformedPolicy(f"{where} {what}; allowed: {allowed}")
