"""Find what stops a Python application from running as stateless processes."""

__version__ = "0.1.0"
