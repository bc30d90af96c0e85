"""The pieces that stacks are made of, one noun a file."""
