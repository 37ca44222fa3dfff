"""What two or more layers need, and nothing else: layer graph, settings, stack outputs, policy documents, errors."""
