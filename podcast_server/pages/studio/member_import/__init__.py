"""Members of another host: upload the table, choose, look, bring over, invite, take back."""
