"""How the stacks are run: the engine, the environment of a run, the run queue and its summary."""
