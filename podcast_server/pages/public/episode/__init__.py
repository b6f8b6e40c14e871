"""An episode: player, notes, chapters, transcript."""
