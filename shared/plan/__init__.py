"""The decisions between configuration and resources: what other layers' outputs mean for one layer."""
