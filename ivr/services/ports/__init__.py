"""What the use cases need from the outside, one file per role. Adapters are named by technology and live elsewhere."""
