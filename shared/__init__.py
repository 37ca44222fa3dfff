"""What two or more layers need: the layer graph, settings, stack outputs, policy documents and errors."""
