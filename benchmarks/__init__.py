"""One script per headline figure, each beside a peer or a physical floor; see RESULTS.md."""
