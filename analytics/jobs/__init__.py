"""What is done by itself: imports from sources, discovery, briefings, backups, retention's dry run; when, and how it went."""
