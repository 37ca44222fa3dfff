"""Short names for the policy types that this layer has had from the beginning."""

from shared.organization_policies import types

SCP = types.SERVICE_CONTROL_POLICY
RCP = types.RESOURCE_CONTROL_POLICY
TAG = types.TAG_POLICY
BACKUP = types.BACKUP_POLICY
