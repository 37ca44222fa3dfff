"""The emulated AWS: moto's backends, made to answer as AWS does where this project depends on it.

A folder for each service, with moto's file names: `models` hold what is there, `responses` answer requests. S3 Control
has none: it is moto's, unchanged. `root_access` is what IAM has for a whole organization.

`authorization` decides each call before it is carried out: its `needs` say what a call needs, the services have the
documents, and `shared.policy_evaluation` judges them.

Imports go down: `server`, `store` and `authorization`, the services.
"""
