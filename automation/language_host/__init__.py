"""One language host for all programs of a run, in a process that has already imported what they need.

For each update the engine starts a language host, asks `pip` what is installed, and starts a Python that imports the
SDK: that is half of the time of an update without changes. With `--client`, which the Automation API uses for inline
programs, an engine uses a host that is already running. This host forks a process for each program from a process
that has imported the SDK, and runs the SDK's own script in it, as the engine's host does. For a program there is no
difference.
"""
