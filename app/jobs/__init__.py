"""Long work that runs on while the person waits, or leaves."""
