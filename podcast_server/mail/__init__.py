"""Mail: letters in the reader's language, an outbox in the database, and sending."""
