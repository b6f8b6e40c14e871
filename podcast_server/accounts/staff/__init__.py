"""Those who make the shows: who they are, how they get in, what they may do, what they did."""
