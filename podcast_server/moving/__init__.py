"""From one machine to many: the rows into another database, the files into another storage."""
