"""Takes away the default VPCs that AWS makes in every region of an account.

No resource of the official provider does it in one deployment: `aws.ec2.DefaultVpc` adopts the VPC, and deletes it when
it leaves the stack. So this is a dynamic provider, whose process the engine starts only for accounts that want it:
https://www.pulumi.com/docs/iac/concepts/resources/dynamic-providers/
"""

from __future__ import annotations

import sys
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

from shared.errors import UserError
from stacks.accounts.default_vpc_calls import Account, VpcFailed, refusal, remove, uses


class _Provider(ResourceProvider):
    """`left` in the state names the default VPCs that there are; none after a deployment. A refresh looks again."""

    serialize_as_secret_always = False  # it is the name of this class; credentials are read where they are used

    def __init__(self) -> None:
        self._config: dict[str, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def configure(self, req: Any) -> None:
        self._config = {key: req.config.get(f"aws:{key}") for key in Account.SETTINGS}

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        # A deployed one is compared with AWS by a refresh. The role of an account that is not made yet is not known.
        if olds or not str(news["roleArn"]).startswith("arn:"):
            return CheckResult(news, [])
        try:
            used = uses(self._account(news).default_vpcs())
        except VpcFailed as error:
            return CheckResult(news, [CheckFailure("roleArn", str(error))])
        return CheckResult(news, [CheckFailure("defaultVpcs", refusal(used))] if used else [])

    def diff(self, _id: str, olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=bool(olds.get("left")))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(str(props["roleArn"]).split(":")[4], self._removed(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._removed(news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        with _Plainly():
            left = [str(each) for each in self._account(props).default_vpcs()]
        return ReadResult(id_, {**props, "left": left})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """What was taken away stays away: https://docs.aws.amazon.com/vpc/latest/userguide/work-with-default-vpc.html"""

    def _account(self, props: dict[str, Any]) -> Account:
        return Account(str(props["roleArn"]), self._config)

    def _removed(self, props: dict[str, Any]) -> dict[str, Any]:
        with _Plainly():
            remove(self._account(props).default_vpcs())
        return {**props, "left": []}


class _Plainly:
    """An error of AWS, or a VPC in use, is shown without a stack trace, which the SDK would add."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, UserError):
            sys.tracebacklimit = 0


class DefaultVpcs(Resource, module="accounts", name="DefaultVpcs"):
    """The absence of default VPCs in all enabled regions of the account of `role_arn`, which is assumed for it.

    A network interface in one of them is an error of the preview, and nothing is changed. Deleting this restores none.
    """

    left: pulumi.Output[list[str]]

    def __init__(self, name: str, role_arn: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(_Provider(), name, {"roleArn": role_arn, "left": None}, opts)
