"""What the clinic publishes."""
