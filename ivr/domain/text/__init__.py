"""Words folded for comparison."""
