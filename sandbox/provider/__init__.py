"""The embedded AWS provider: the Pulumi engine's `aws` plugin where the official one cannot be downloaded.

It knows exactly the resource types that this project uses (`sandbox.provider.table`), and refuses a property or a
setting that it does not know, by name. Other differences from the official plugin: only the type of a value is
validated, AWS checks the rest; failed calls are retried for less time (`aws.RetryPolicy`); an account is not created
if the organization has one with the same e-mail address; `ignore_tags` and rare kinds of credentials are missing.
"""
