"""Renderers: one file a format, each ``render(report, sources, options) -> str``. They print nothing."""
