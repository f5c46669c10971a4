"""The engine: jobs, batches, lanes, plans, claims, blobs, artifacts. Knows no pixels."""
