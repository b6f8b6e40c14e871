"""Where audio, artwork and transcripts are kept: a folder, memory, or an S3 bucket."""
