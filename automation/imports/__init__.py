"""Importing into the state what is in AWS already, since a run that did not end well had made it."""
