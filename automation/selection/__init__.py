"""Chooses the stacks of an environment that a run works on."""
