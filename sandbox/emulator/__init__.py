"""The emulated AWS: moto's backends, made to answer as AWS does where this project depends on it.

Kept light on purpose: `policy_evaluation`, `effective_policy` and `client` can be used without loading moto.
"""
