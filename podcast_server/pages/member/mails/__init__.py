"""Which mails I get."""
