"""What carries messages, and who gets them."""
