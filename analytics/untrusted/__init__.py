"""Parsers of files from outside, run in a process of its own; nothing here imports more than parsing takes."""
