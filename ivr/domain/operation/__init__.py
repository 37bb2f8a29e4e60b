"""What whoever runs the nodes is told of them."""
