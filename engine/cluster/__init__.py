"""Embedding on many machines: Ray spreads the work, a store of vectors keeps what comes of it."""
