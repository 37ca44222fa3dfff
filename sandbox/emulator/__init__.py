"""The emulated AWS: moto's backends, made to answer as AWS does where this project depends on it.

A folder for each service, with moto's file names: `models` hold what is there, `responses` answer requests. S3 Control
has none: it is moto's, unchanged.

Imports go down: `server`, `store`, the services, `policy_evaluation`. Nothing is imported here, so that
`policy_evaluation` and `organizations.effective_policy` can be used without loading moto.
"""
