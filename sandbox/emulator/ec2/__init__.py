"""Amazon EC2, of which the project uses one setting and the default VPCs."""
