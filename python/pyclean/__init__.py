"""Finds the pyclean program that was installed with this package."""
