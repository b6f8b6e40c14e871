"""The sample show that `podcast-server demo` sets up and serves."""
