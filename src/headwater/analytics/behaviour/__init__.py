"""What people do, in which order and how often: as expressions that any engine answers.

Nothing here is asked of an engine.
"""
