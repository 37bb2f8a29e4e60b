"""What a house configures: programmes, notices and their words."""
