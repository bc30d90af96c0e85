"""What the chat keeps: users, threads, turns and judgements, in SQLite or PostgreSQL."""
