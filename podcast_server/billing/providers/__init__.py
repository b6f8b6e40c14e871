"""Who takes the money: one protocol, one file or folder for each provider."""
