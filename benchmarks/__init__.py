"""Measurements against other ways of doing the same; each exits with 1 when its bar is missed."""
