"""Amazon EC2, of which the project uses one setting."""
