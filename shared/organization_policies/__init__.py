"""The policies of AWS Organizations as plain data: what is valid, and what an account inherits."""
