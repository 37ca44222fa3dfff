"""The benchmark: the run queue beside a shell loop and beside one big stack (`make bench`)."""
