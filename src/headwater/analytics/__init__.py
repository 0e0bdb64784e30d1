"""Analyses: from events to decisions. Each is one module of `kinds`.

An analysis is an Ibis expression over the tables of a workspace. The engine that holds the data
answers it as an ordinary question, so what guards questions guards analyses.
"""
