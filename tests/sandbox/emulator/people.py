"""Users and roles that tests of the emulator make, their policies, and tokens of identity providers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.sandbox.emulator.conftest import Server

MANAGEMENT = "123456789012"


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(*principals: str, action: str = "sts:AssumeRole", **condition: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": action}
    return document({**statement, "Condition": condition} if condition else statement)


def allow(action: str = "sts:AssumeRole", resource: str = "*", **more: Any) -> str:
    return document({"Effect": "Allow", "Action": action, "Resource": resource, **more})


class People:
    """Users and roles made for a test."""

    def __init__(self, aws: Server):
        self.aws = aws
        self.iam = aws.client("iam")

    def user(self, name: str, policy: str | None = None, keys: Mapping[str, Any] | None = None) -> dict[str, Any]:
        iam = self.aws.client("iam", keys)
        iam.create_user(UserName=name)
        if policy:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
        return dict(iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, name: str, trust_policy: str, keys: Mapping[str, Any] | None = None, **kwargs: Any) -> str:
        iam = self.aws.client("iam", keys)
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy, **kwargs)["Role"]
        arn: str = role["Arn"]
        return arn

    def assume(self, keys: Mapping[str, Any] | None, role: str, **kwargs: Any) -> dict[str, Any]:
        sts = self.aws.client("sts", keys)
        return dict(sts.assume_role(RoleArn=role, RoleSessionName="test", **kwargs)["Credentials"])

    def may(self, keys: Mapping[str, Any] | None, role: str, **kwargs: Any) -> bool:
        try:
            self.assume(keys, role, **kwargs)
        except ClientError as error:
            answer = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            if answer != ("AccessDenied", 403):
                raise
            return False
        return True


def token(**claims: Any) -> str:
    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256'})}.{part(claims)}.signature"
