"""The kinds of outages, one function each; importing this package registers them all in case.KINDS."""
from causes import constraints, failing_migrations, imports, none, operations, releases, removals

__all__ = ["constraints", "failing_migrations", "imports", "none", "operations", "releases", "removals"]
