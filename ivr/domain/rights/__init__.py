"""What a person may ask of their data, by when it is answered, and what is told of a breach."""
