"""From spec to wired model: the only place that names concrete classes."""
