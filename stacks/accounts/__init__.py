"""The accounts layer."""
