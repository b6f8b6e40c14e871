"""The limited child process: the only place where strangers' audio is read.

Nothing in here is imported by the server. Only this package knows mutagen and PyAV.
"""
