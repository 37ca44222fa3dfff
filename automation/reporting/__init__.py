"""The output of a run: the live display, the summary, the report file and the drawing of the stacks."""
