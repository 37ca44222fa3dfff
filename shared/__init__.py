"""What the four layers share: the layer graph, typed configuration, contracts and components."""
