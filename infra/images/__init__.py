"""Builds the four images and pushes them to the account's registry."""
