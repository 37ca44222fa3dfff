"""The entries of the table, by AWS service."""
