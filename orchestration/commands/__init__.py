"""What each verb of the `lorechat` command does; `orchestration.cli` gives them their options and help."""
