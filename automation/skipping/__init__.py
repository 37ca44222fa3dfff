"""Finds the stacks that need not run again, because no input of their deployment has changed."""
