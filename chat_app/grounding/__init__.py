"""Whether an answer's sentences are in the passages that they cite."""
