"""What an account lacks before a stage can be deployed into it."""
