"""The history of the desk's tables, written by Django."""
