"""SQLAlchemy lives here, nowhere else: engine, tables, queries, migrations."""
