"""The command line: `farm`."""
