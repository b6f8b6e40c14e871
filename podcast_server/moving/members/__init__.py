"""Members of another host, from the table it exports: look, give, invite, and take back."""
