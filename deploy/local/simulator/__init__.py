"""The partner simulator: one small, fast server that answers like the partners, remembers, and misbehaves on demand."""
