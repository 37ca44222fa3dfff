"""The files of an environment that is not there yet."""
