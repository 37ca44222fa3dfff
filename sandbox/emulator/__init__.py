"""The emulated AWS: moto's backends, made to answer as AWS does where this project depends on it.

A folder for each service, with moto's file names: `models` hold what is there, `responses` answer requests. What an
account has of S3 Control is moto's alone.

The folders use each other in one direction: `server`, `store`, the services, `policy_evaluation`. Nothing is imported
here, so that `policy_evaluation` and `organizations.effective_policy` can be used without loading moto.
"""
