"""Heavy job kinds: one file each, its spec and its plan."""
