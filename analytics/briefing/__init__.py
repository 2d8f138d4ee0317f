"""Briefings: a tree of facts, written as Word, PDF, Excel and HTML."""
