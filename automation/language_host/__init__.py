"""One language host for all programs of a run, in a process of its own that has imported what they need.

The engine starts a language host for each update, asks `pip` what is installed, and starts a Python that imports the
SDK: half of the time of an update that changes nothing. An engine can be told to use a host that runs already
(`--client`, which the Automation API uses for inline programs). This one forks a process for each program from one
that has the SDK imported, and has it run the SDK's own script, as the engine's host does: a program cannot tell.
"""
