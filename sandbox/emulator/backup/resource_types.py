"""What AWS Backup backs up: by the ARN of a resource, what its recovery points are called and what its role must be
allowed.

https://docs.aws.amazon.com/aws-backup/latest/devguide/access-control.html#resource-arns-table
https://docs.aws.amazon.com/aws-backup/latest/devguide/backup-feature-availability.html
"""

import re
import uuid
from dataclasses import dataclass

from moto.backup.exceptions import InvalidParameterValueException

BY_BACKUP = "arn:aws:backup:{region}:{account}:recovery-point:{uuid}"
"""The recovery points of what AWS Backup fully manages; the others are snapshots and images of their own services."""


@dataclass(frozen=True)
class ResourceType:
    """`backs_up` and `copies` are an action each, and the resource it is asked for; an empty action needs nothing."""

    name: str
    resource: str
    """A pattern of the ARNs of such resources."""
    point: str
    backs_up: tuple[str, str]
    copies: tuple[str, str] = ("", "")
    air_gapped: bool = True
    """Whether a logically air-gapped vault takes it. Nothing here is encrypted, which clusters of Aurora have to be:
    https://docs.aws.amazon.com/aws-backup/latest/devguide/logicallyairgappedvault.html"""

    @property
    def fully_managed(self) -> bool:
        """Whether a copy needs nothing but what a role may do with vaults."""
        return self.point == BY_BACKUP

    def new_point(self, account_id: str, region: str, pattern: str | None = None) -> str:
        """The ARN of a new recovery point, as `pattern` has it or else as this type does."""
        id_ = str(uuid.uuid4())
        return (pattern or self.point).format(
            region=region, account=account_id, uuid=id_, hex=id_.replace("-", "")[:17]
        )


TYPES = (
    ResourceType("DynamoDB", r"arn:aws:dynamodb:.+:table/[^/]+", BY_BACKUP, ("dynamodb:StartAwsBackupJob", "{arn}")),
    ResourceType(
        "EBS",
        r"arn:aws:ec2:.+:volume/.+",
        "arn:aws:ec2:{region}::snapshot/snap-{hex}",
        ("ec2:CreateSnapshot", "{arn}"),
        ("ec2:CopySnapshot", "{point}"),
    ),
    ResourceType(
        "EC2",
        r"arn:aws:ec2:.+:instance/.+",
        "arn:aws:ec2:{region}::image/ami-{hex}",
        ("ec2:CreateImage", "{arn}"),
        ("ec2:CopyImage", "{point}"),
    ),
    ResourceType(
        "EFS", r"arn:aws:elasticfilesystem:.+:file-system/.+", BY_BACKUP, ("elasticfilesystem:Backup", "{arn}")
    ),
    ResourceType(
        "RDS",
        r"arn:aws:rds:.+:db:.+",
        "arn:aws:rds:{region}:{account}:snapshot:awsbackup:job-{uuid}",
        ("rds:CreateDBSnapshot", "{point}"),
        ("rds:CopyDBSnapshot", "{point}"),
    ),
    ResourceType(
        "Aurora",
        r"arn:aws:rds:.+:cluster:.+",
        "arn:aws:rds:{region}:{account}:cluster-snapshot:awsbackup:job-{uuid}",
        ("rds:CreateDBClusterSnapshot", "{point}"),
        ("rds:CopyDBClusterSnapshot", "{point}"),
        air_gapped=False,
    ),
    ResourceType("S3", r"arn:aws:s3:::[^/]+", BY_BACKUP, ("s3:GetBucketVersioning", "{arn}")),
)
"""The types that are here."""


def resource_type(arn: str) -> ResourceType:
    """The type of a resource. Raises `InvalidParameterValueException` for one that cannot be backed up here."""
    for each in TYPES:
        if re.fullmatch(each.resource, arn):
            return each
    known = ", ".join(each.name for each in TYPES)
    raise InvalidParameterValueException(f"Unsupported resource type: {arn} (the sandbox backs up {known})")
