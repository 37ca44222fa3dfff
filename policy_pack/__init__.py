"""Rules for what the programs declare, judged before anything is changed: a Pulumi policy pack, and `invoke`'s own.

The rules need nothing but Python's library: they run in the environment of the pack, and in the process of a run.
"""
