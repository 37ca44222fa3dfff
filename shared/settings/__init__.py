"""Typed configuration, read from `Pulumi.<stack>.yaml`: the base class and the field types of the layers' models.

Each layer's own model is in `stacks/<layer>/config.py`. Problems are raised as `shared.errors.ConfigError`.
"""
