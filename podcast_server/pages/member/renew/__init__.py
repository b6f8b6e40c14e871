"""Where the notice in a feed leads: what happened, and the way back in."""
