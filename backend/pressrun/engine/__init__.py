"""DBOS lives here, nowhere else: the durable workflow, its steps, start-up, hand-over."""
