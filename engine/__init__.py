"""The Pulumi engine: getting it, and the environments that it works in. The ground floor: it needs nothing above."""
