"""The four stacks of a stage: they wire the pieces and grant."""
