"""Whether a caller may make a call: what the call needs, and which policies of AWS allow or deny each need."""
