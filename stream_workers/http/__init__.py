"""The lean HTTP sender: from a `PartnerRequest` to a `PartnerResponse` or a `TransportError`, and nothing else."""
