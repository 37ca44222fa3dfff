"""The managed policies of AWS. An account gets one when it first uses it: moto would copy over a thousand into each."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy


@cache
def aws_policies() -> Mapping[str, dict[str, Any]]:
    """Every AWS managed policy by ARN: moto's data with the policy's name."""
    policies: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return {f"arn:aws:iam::aws:policy{data['Path']}{name}": {**data, "Name": name} for name, data in policies.items()}


@cache
def _document_text(arn: str) -> str:
    """Cached, so that all accounts share one text."""
    return json.dumps(aws_policies()[arn]["Document"])


def aws_policy(arn: str, account_id: str) -> AWSManagedPolicy:
    """The AWS managed policy, made for the account. Raises `KeyError` if AWS has none of that ARN."""
    data = aws_policies()[arn]
    policy = AWSManagedPolicy.from_data(data["Name"], account_id, "aws", data)
    # The same id in every account, as AWS has it; moto would make a random one each time.
    policy.id = "ANPA" + base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]
    policy.versions[0].document = _document_text(arn)
    return policy
