"""The embedded AWS provider: the Pulumi engine's `aws` plugin where the official one cannot be downloaded.

It knows exactly the resource types this project uses, see `sandbox.provider.table`.
"""
