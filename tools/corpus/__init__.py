"""What the speech model is taught and measured with: labelled sentences, and calls made of them."""
