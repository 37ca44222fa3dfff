"""Typed configuration, read from `Pulumi.<stack>.yaml`: the base of the layers' models, and what they have in common.

Each layer's own model is `stacks/<layer>/config.py`. Problems are reported through `shared.errors.ConfigError`.
"""
