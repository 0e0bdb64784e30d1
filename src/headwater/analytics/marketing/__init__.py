"""Marketing: how people came, what it cost, who gets the credit, what was tried, when they act.

Expressions over tables of events; nothing here is asked of an engine.
"""
