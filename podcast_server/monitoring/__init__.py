"""What a machine asks this server: are you alive, are you ready, and in numbers, how are you."""
