"""The configuration as one YAML file: written from the API, compared with it, and applied to it."""
