"""The state of the nodes, for whoever runs them."""
