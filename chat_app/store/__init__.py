"""What the chat keeps: threads, turns and judgements, in SQLite or PostgreSQL."""
