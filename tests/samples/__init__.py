"""Real audio files, made when they are needed: nothing here is a recording of anybody."""
