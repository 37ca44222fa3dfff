"""The four layers. Each folder is a Pulumi project with all code that only this layer needs."""
