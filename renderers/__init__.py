"""Pixels: a scene in, frames out."""
