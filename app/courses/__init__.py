"""Courses of treatment: planned exactly."""
