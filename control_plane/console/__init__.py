"""The console: the web page of the control plane, and how it is served."""
