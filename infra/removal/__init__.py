"""Takes a stage out of an account, after one clear question."""
