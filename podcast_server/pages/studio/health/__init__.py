"""What apps and directories would find wanting in a show's feed."""
