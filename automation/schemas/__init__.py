"""JSON Schemas of the configuration files, for editors, and `invoke explain KEY`."""
