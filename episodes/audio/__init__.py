"""What an audio file is and says of itself: probed in a child process with limits."""
