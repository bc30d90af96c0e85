-- Dagster's own database beside the chat's, which POSTGRES_DB names.
CREATE DATABASE dagster;
