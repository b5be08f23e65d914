"""The pyclean program, as a Python package."""
