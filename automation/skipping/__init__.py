"""Which stacks need not be run again: nothing that their deployment follows from has changed."""
