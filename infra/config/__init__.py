"""What a stage consists of, typed."""
