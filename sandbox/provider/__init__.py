"""The embedded AWS provider: the Pulumi engine's `aws` plugin where the official one cannot be downloaded.

It knows exactly the resource types this project uses, see `sandbox.provider.table`; a property or a provider setting
that it does not know is refused by name. What else is not as in the official plugin: values are validated for their
sort only, the rest is left to AWS; AWS is asked again for shorter times (`aws.Patience`); a new account is not made
when the organization has one with its e-mail address; `ignore_tags` and the rarer ways to credentials are missing.
"""
