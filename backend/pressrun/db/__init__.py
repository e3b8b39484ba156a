"""SQLAlchemy lives here, nowhere else: engine, tables, queries, migrations.

Query functions take a `Connection` and give `Row`s; other packages name those types through this module.
"""

from sqlalchemy import Connection, Row

__all__ = ["Connection", "Row"]
