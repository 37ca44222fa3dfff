"""Which features of centralized root access an organization has on. IAM of the management account keeps them."""

from sandbox.emulator.errors import AwsError
from sandbox.emulator.iam.models import ROOT_CREDENTIALS, ROOT_SESSIONS, iam_backend
from sandbox.emulator.organizations.models import OrganizationsBackend, organization_of

PRINCIPAL = "iam.amazonaws.com"

FEATURES = (ROOT_CREDENTIALS, ROOT_SESSIONS)

TASKS = frozenset(
    f"arn:aws:iam::aws:policy/root-task/{name}"
    for name in (
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
        "S3UnlockBucketPolicy",
        "SQSUnlockQueuePolicy",
    )
)
"""The policies that scope a privileged session: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""


def managed_organization(account_id: str) -> OrganizationsBackend:
    """The organization whose root users the account may manage, as management account or delegated administrator.

    Raises what AWS answers to others, and without trusted access:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html.
    """
    organization = organization_of(account_id)
    if organization is None:
        raise AwsError(
            "OrganizationNotFoundException", "The request was rejected because no organization is associated with it."
        )
    delegated = {admin.account.id for admin in organization.admins if PRINCIPAL in admin.services}
    if account_id not in {organization.account_id, *delegated}:
        raise AwsError(
            "AccountNotManagementOrDelegatedAdministratorException",
            "The request was rejected because the account making the request is not the management account or "
            "delegated administrator account for centralized root access.",
        )
    if organization.organization.feature_set != "ALL":
        raise AwsError(
            "OrganizationNotInAllFeaturesModeException",
            "The request was rejected because your organization does not have All features enabled.",
        )
    if not organization.trusts(PRINCIPAL):
        raise AwsError(
            "ServiceAccessNotEnabledException",
            "The request was rejected because trusted access is not enabled for IAM in Organizations.",
        )
    return organization


def enabled_features(organization: OrganizationsBackend) -> tuple[str, ...]:
    """The features that are on, in AWS's order."""
    return iam_backend(organization.account_id).organizations_features


def change_feature(account_id: str, feature: str, enabled: bool) -> OrganizationsBackend:
    """Turn a feature on, which only the management account may, or off."""
    organization = managed_organization(account_id)
    if enabled and account_id != organization.account_id:
        raise AwsError(
            "CallerIsNotManagementAccountException",
            "The request was rejected because the account making the request is not the management account for the "
            "organization.",
        )
    wanted = {*enabled_features(organization), feature} if enabled else {*enabled_features(organization)} - {feature}
    iam_backend(organization.account_id).organizations_features = tuple(name for name in FEATURES if name in wanted)
    return organization
