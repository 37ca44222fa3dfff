"""The benchmark (`make bench`): the run queue compared with a shell loop and with one big stack."""
