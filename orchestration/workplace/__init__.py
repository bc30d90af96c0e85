"""Workers on AWS: shares of a stage as Lambda invocations and as tasks of ECS, through Dagster Pipes."""
