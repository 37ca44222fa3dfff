"""The Pulumi engine: how to get it, and the environments that it runs in. It imports only `shared`."""
