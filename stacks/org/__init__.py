"""The organization layer."""
