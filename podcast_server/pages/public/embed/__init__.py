"""The small player that other sites put into a frame, and oEmbed, which tells them so."""
