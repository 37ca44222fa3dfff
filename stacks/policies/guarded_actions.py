"""The actions that the guardrails name. Their names: https://docs.aws.amazon.com/service-authorization/latest/reference/"""

STOPPING_CLOUDTRAIL = [
    "cloudtrail:DeleteEventDataStore", "cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors",
    "cloudtrail:PutInsightSelectors", "cloudtrail:StopEventDataStoreIngestion", "cloudtrail:StopLogging",
    "cloudtrail:UpdateEventDataStore", "cloudtrail:UpdateTrail",
]  # fmt: skip

STOPPING_BACKUP = [
    "backup:DeleteBackup*", "backup:DeleteRecoveryPoint", "backup:DisassociateBackupVault*",
    "backup:DisassociateRecoveryPoint*", "backup:PutBackupVault*", "backup:StartCopyJob", "backup:UpdateBackupPlan",
    "backup:UpdateGlobalSettings", "backup:UpdateRecoveryPointLifecycle", "backup:UpdateRegionSettings",
]  # fmt: skip

CHANGING_WORKLOADS = [
    "iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
]  # fmt: skip

ATTACHING = [
    "iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy",
]  # fmt: skip

CHANGING_ACCOUNT = [
    "account:Accept*", "account:Close*", "account:Delete*", "account:Disable*", "account:Enable*", "account:Put*",
    "account:Start*", "ec2:DisableEbsEncryptionByDefault", "ec2:DisableImageBlockPublicAccess",
    "ec2:DisableSnapshotBlockPublicAccess", "ec2:ModifyEbsDefaultKmsKeyId", "ec2:ResetEbsDefaultKmsKeyId",
    "iam:CreateAccountAlias", "iam:DeleteAccountAlias", "iam:DeleteAccountPasswordPolicy",
    "iam:SetSecurityTokenServicePreferences", "iam:UpdateAccountPasswordPolicy", "s3:PutAccountPublicAccessBlock",
]  # fmt: skip
"""What the accounts layer sets for a whole account, and what only the organization decides."""

LOCAL_IDENTITIES = [
    "iam:AddClientIDToOpenIDConnectProvider", "iam:CreateAccessKey", "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider", "iam:CreateSAMLProvider", "iam:CreateServiceSpecificCredential",
    "iam:CreateUser", "iam:ResetServiceSpecificCredential", "iam:UpdateAccessKey", "iam:UpdateLoginProfile",
    "iam:UpdateOpenIDConnectProviderThumbprint", "iam:UpdateSAMLProvider", "iam:UploadSSHPublicKey",
    "iam:UploadSigningCertificate", "rolesanywhere:Create*", "rolesanywhere:Enable*", "rolesanywhere:Update*",
    "sso:CreateInstance",
]  # fmt: skip
"""Who could sign in to a member account without the organization."""

SHARING = [
    "dynamodb:PutResourcePolicy", "ec2:ModifyFpgaImageAttribute", "ec2:ModifyImageAttribute",
    "ec2:ModifySnapshotAttribute", "ec2:ModifyVpcEndpointServicePermissions", "ecr:PutRegistryPolicy",
    "ecr:PutReplicationConfiguration", "ecr:SetRepositoryPolicy", "elasticache:CopySnapshot",
    "elasticache:ExportServerlessCacheSnapshot", "kms:DeleteImportedKeyMaterial", "kms:ScheduleKeyDeletion",
    "lambda:AddLayerVersionPermission", "logs:PutAccountPolicy", "logs:PutDestinationPolicy", "logs:PutResourcePolicy",
    "ram:*ResourceShare*", "rds:ModifyDBClusterSnapshotAttribute", "rds:ModifyDBSnapshotAttribute",
    "redshift:AuthorizeSnapshotAccess", "ssm:ModifyDocumentPermission", "ssm:PutResourcePolicy",
]  # fmt: skip
"""What opens data to other accounts, or destroys the keys to it."""

WRITING = [
    "backup:CopyFromBackupVault", "dynamodb:*Item", "dynamodb:PartiQL*", "ecr:PutImage", "ecr:UploadLayerPart",
    "events:PutEvents", "firehose:Put*", "kinesis:Put*", "kms:CreateGrant", "kms:Encrypt", "kms:GenerateDataKey*",
    "lambda:Invoke*", "logs:PutSubscriptionFilter", "s3:PutObject*", "s3:Replicate*", "secretsmanager:Put*",
    "sns:Publish", "sqs:SendMessage", "sts:AssumeRole",
]  # fmt: skip
"""Calls that carry data along; to what belongs to others."""

GLOBAL_SERVICES = [
    "a4b:*", "access-analyzer:*", "account:*", "acm:*", "activate:*", "artifact:*", "aws-marketplace-management:*",
    "aws-marketplace:*", "aws-portal:*", "billing:*", "billingconductor:*", "budgets:*", "ce:*", "chatbot:*",
    "chime:*", "cloudfront:*", "cloudtrail:LookupEvents", "compute-optimizer:*", "config:*", "consoleapp:*",
    "consolidatedbilling:*", "cur:*", "datapipeline:GetAccountLimits", "devicefarm:*", "directconnect:*",
    "ec2:DescribeRegions", "ec2:DescribeTransitGateways", "ec2:DescribeVpnGateways", "fms:*", "freetier:*",
    "globalaccelerator:*", "health:*", "iam:*", "importexport:*", "invoicing:*", "iq:*", "kms:*",
    "license-manager:ListReceivedLicenses", "mobileanalytics:*", "networkmanager:*", "notifications-contacts:*",
    "notifications:*", "organizations:*", "payments:*", "pricing:*", "quicksight:DescribeAccountSubscription",
    "resource-explorer-2:*", "route53-recovery-cluster:*", "route53-recovery-control-config:*",
    "route53-recovery-readiness:*", "route53:*", "route53domains:*", "s3:CreateMultiRegionAccessPoint",
    "s3:DeleteMultiRegionAccessPoint", "s3:DescribeMultiRegionAccessPointOperation", "s3:GetAccountPublic*",
    "s3:GetBucketLocation", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock",
    "s3:GetMultiRegionAccessPoint*", "s3:GetStorageLens*", "s3:ListAllMyBuckets", "s3:ListMultiRegionAccessPoints",
    "s3:ListStorageLensConfigurations", "s3:PutAccountPublic*", "s3:PutMultiRegionAccessPointPolicy", "savingsplans:*",
    "shield:*", "sso:*", "sts:*", "support:*", "supportapp:*", "supportplans:*", "sustainability:*", "tag:*", "tax:*",
    "trustedadvisor:*", "vendor-insights:*", "waf-regional:*", "waf:*", "wafv2:*", "wellarchitected:*",
]  # fmt: skip
"""Actions of services without regions, which a list of allowed regions must not deny.
https://docs.aws.amazon.com/controltower/latest/controlreference/primary-region-deny-policy.html"""
