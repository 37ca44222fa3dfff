"""Runs the stacks: the commands, the run queue, and the packages for each part of a run."""
