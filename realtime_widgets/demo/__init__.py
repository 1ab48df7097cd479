"""The demo: the example notebooks, running in a JupyterLab of their own."""
