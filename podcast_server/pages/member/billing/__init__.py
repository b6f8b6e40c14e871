"""What I pay for."""
