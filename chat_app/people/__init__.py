"""Who asks: login, roles, which sources a person may read, what a conversation's owner may do with it."""
