"""The monthly backup policy.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_backup_syntax.html
"""

from shared.policy_documents.documents import Document
from shared.policy_documents.roles import BACKUP_ROLE

VAULT = "Default"
TAG_KEY = "BackupType"
TAG_VALUE = "MONTHLY"


def backup_policy(primary_regions: list[str], copy_region: str) -> Document:
    """Back up the resources with the tag BackupType=MONTHLY in the primary regions, with a copy in `copy_region`.

    It runs on the first of each month at 05:00 UTC. Backups move to cold storage after 30 days and are deleted after
    365 days.

    The policy syntax needs numbers as strings, and `$account` for the id of the account that is backed up.
    """
    copy_vault = f"arn:aws:backup:{copy_region}:$account:backup-vault:{VAULT}"
    lifecycle = {
        "move_to_cold_storage_after_days": {"@@assign": "30"},
        "delete_after_days": {"@@assign": "365"},
    }
    return {
        "plans": {
            "Monthly_Backup_Plan": {
                "regions": {"@@assign": primary_regions},
                "rules": {
                    "Monthly": {
                        "schedule_expression": {"@@assign": "cron(0 5 1 * ? *)"},
                        "start_backup_window_minutes": {"@@assign": "480"},
                        "target_backup_vault_name": {"@@assign": VAULT},
                        "lifecycle": lifecycle,
                        "copy_actions": {
                            copy_vault: {
                                "target_backup_vault_arn": {"@@assign": copy_vault},
                                "lifecycle": lifecycle,
                            }
                        },
                    }
                },
                "selections": {
                    "tags": {
                        "Backup_Assignment": {
                            "iam_role_arn": {"@@assign": f"arn:aws:iam::$account:role/{BACKUP_ROLE}"},
                            "tag_key": {"@@assign": TAG_KEY},
                            "tag_value": {"@@assign": [TAG_VALUE]},
                        }
                    }
                },
            }
        }
    }
