"""New episodes by mail, for whoever asked for it."""
