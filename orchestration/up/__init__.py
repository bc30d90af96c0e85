"""The laptop run: what `lorechat up` starts, watches and stops."""
