"""Imports resources into the state that a failed run created in AWS but did not record."""
