"""What a change of the configuration removes: found out before a run, and prepared right before a deployment."""
