"""The identity layer."""
