"""The work that a heavy job's steps do; the only place that knows farm, renderers and exporters together."""
