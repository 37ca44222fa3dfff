"""Typed configuration of the four layers, read from `Pulumi.<stack>.yaml`.

The models say what is allowed; `check` reads the files of many stacks before a run, and `program.load` reads
the configuration of the running program. Both report through `ConfigError`.
"""
