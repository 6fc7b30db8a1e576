"""Patches: what a client wants changed, by any of four documents."""
