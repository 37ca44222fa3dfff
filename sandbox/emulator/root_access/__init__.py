"""Centralized root access: IAM's features for an organization, and what a privileged session of a root user may do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html#id_root-user-access-management
"""
