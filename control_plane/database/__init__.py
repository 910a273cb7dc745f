"""The control plane's database: its tables, its transactions, its migrations."""
