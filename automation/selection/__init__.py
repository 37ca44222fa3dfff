"""Which stacks of an environment a run works on."""
