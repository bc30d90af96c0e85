"""The ground: what LoreChat stands on in AWS. Knows nothing of the code that runs there."""
