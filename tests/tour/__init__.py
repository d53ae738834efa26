"""Drives the real window under a virtual X server with mouse and keyboard, and keeps a picture of every step."""
