"""The four layers: a folder is a Pulumi project, and all that only it needs."""
