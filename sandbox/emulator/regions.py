"""The regions of AWS, and which of them an account has without asking for them.

https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""

from functools import cache

from botocore.session import get_session

ENABLED_BY_DEFAULT = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    }
)


@cache
def regions() -> tuple[str, ...]:
    """All regions of AWS's commercial partition that botocore knows, in order."""
    return tuple(sorted({*get_session().get_available_regions("ec2"), *ENABLED_BY_DEFAULT}))
