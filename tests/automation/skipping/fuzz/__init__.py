"""A fuzz test of what is not run: whatever a program reads and whatever changes, a stack that plain `pulumi up` would
change is never skipped.

`reads/` is the catalogue of what programs read and how that changes; `world.py` is a repository with programs made of
these reads, and the oracle.
"""
